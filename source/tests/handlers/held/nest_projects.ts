import { Body, Controller, Delete, ForbiddenException, Get, Injectable, NotFoundException, Param, Post, Put, Query, Request, UseGuards } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { PrismaService } from '../prisma.service';
import { JwtAuthGuard } from '../auth/jwt.guard';
import { GetUser } from '../auth/get-user.decorator';

@Injectable()
export class ProjectsService {
  constructor(private prisma: PrismaService, @InjectModel('Wiki') private readonly wikiModel: Model<Wiki>) {}

  async one(id: string) {
    return this.prisma.project.findUnique({ where: { id } });
  }

  async oneFor(userId: string, id: string) {
    const project = await this.prisma.project.findUnique({ where: { id } });
    if (!project || project.userId !== userId) {
      throw new NotFoundException('Project not found');
    }
    return project;
  }

  async remove(id: string, userId: string) {
    await this.oneFor(userId, id);
    return this.prisma.project.delete({ where: { id } });
  }

  async create(userId: string, name: string) {
    return this.prisma.project.create({ data: { name, userId } });
  }

  listFor(userId: string) {
    return this.prisma.project.findMany({ where: { userId }, orderBy: { name: 'asc' } });
  }

  wiki(id: string, owner: string) {
    return this.wikiModel.findOne({ _id: id, owner }).exec();
  }

  openWiki(id: string) {
    return this.wikiModel.findById(id).exec();
  }

  async forbiddenReturned(id: string, userId: string) {
    const project = await this.prisma.project.findUnique({ where: { id } });
    if (project.userId !== userId) {
      return new ForbiddenException();
    }
    return project;
  }
}

@UseGuards(JwtAuthGuard)
@Controller('projects')
export class ProjectsController {
  constructor(private readonly projectsService: ProjectsService) {}

  // label: not_checked
  @Get(':id')
  one(@Param('id') id: string) {
    return this.projectsService.one(id);
  }

  // label: checked
  @Get('own/:id')
  own(@Param('id') id: string, @Request() req) {
    return this.projectsService.oneFor(req.user.userId, id);
  }

  // label: checked
  @Delete(':id')
  remove(@Param('id') id: string, @GetUser() user) {
    return this.projectsService.remove(id, user.id);
  }

  // label: not_applicable
  @Post()
  create(@Body('name') name: string, @GetUser('id') userId: string) {
    return this.projectsService.create(userId, name);
  }

  // label: checked
  @Get()
  list(@GetUser('id') userId: string) {
    return this.projectsService.listFor(userId);
  }

  // label: checked
  @Get('wiki/:id')
  wiki(@Param('id') id: string, @GetUser('id') userId: string) {
    return this.projectsService.wiki(id, userId);
  }

  // label: not_checked
  @Get('open-wiki/:id')
  openWiki(@Param('id') id: string, @GetUser('id') userId: string) {
    return this.projectsService.openWiki(id);
  }

  // label: checked
  @Get('returned/:id')
  returned(@Param('id') id: string, @GetUser('id') userId: string) {
    return this.projectsService.forbiddenReturned(id, userId);
  }

  // label: not_checked
  @Put(':id')
  async update(@Param('id') id: string, @Body() body: UpdateProjectDto, @Query('userId') userId: string) {
    const project = await this.projectsService.one(id);
    if (project.userId !== userId) {
      throw new ForbiddenException();
    }
    return project;
  }
}
