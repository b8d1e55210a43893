import { Body, CanActivate, Controller, Delete, ExecutionContext, Get, Injectable, NotFoundException, Param, ParseIntPipe, Patch, Req, UnauthorizedException, UseGuards } from '@nestjs/common';
import { DataSource, Entity, PrimaryGeneratedColumn, Column, Repository } from 'typeorm';
import { InjectRepository } from '@nestjs/typeorm';
import { User } from '../user.decorator';
import { JwtGuard } from '../jwt.guard';

@Entity()
export class Recipe {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column()
  authorId: string;

  @Column()
  text: string;
}

@Entity()
export class Unit {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  symbol: string;
}

@Injectable()
export class RecipeOwnerGuard implements CanActivate {
  constructor(@InjectRepository(Recipe) private recipes: Repository<Recipe>) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const recipe = await this.recipes.findOneBy({ id: request.params.id });
    if (!recipe) throw new NotFoundException();
    return recipe.authorId === request.user.id;
  }
}

@Controller('recipes')
@UseGuards(JwtGuard)
export class RecipesController {
  constructor(
    @InjectRepository(Recipe) private readonly recipes: Repository<Recipe>,
    @InjectRepository(Unit) private readonly units: Repository<Unit>,
  ) {}

  // label: checked
  @Patch(':id')
  @UseGuards(RecipeOwnerGuard)
  async update(@Param('id') id: string, @Body() body: { text: string }) {
    await this.recipes.update(id, body);
    return this.recipes.findOneBy({ id });
  }

  // label: not_checked
  @Delete(':id')
  async remove(@Param('id') id: string) {
    await this.recipes.delete(id);
  }

  // label: checked
  @Get('built/:id')
  async built(@Param('id') id: string, @User() user) {
    return this.recipes
      .createQueryBuilder('recipe')
      .where('recipe.id = :id', { id })
      .andWhere('recipe.authorId = :author', { author: user.id })
      .getOne();
  }

  // label: not_checked
  @Get('loose/:id')
  async loose(@Param('id') id: string, @User() user) {
    return this.recipes
      .createQueryBuilder('recipe')
      .where('recipe.id = :id', { id })
      .orWhere('recipe.authorId = :author', { author: user.id })
      .getOne();
  }

  // label: not_applicable
  @Get('units/:id')
  async unit(@Param('id', ParseIntPipe) id: number) {
    return this.units.findOneBy({ id });
  }

  // label: checked
  @Get()
  async list(@Req() request) {
    return this.recipes.find({ where: { authorId: request.user.id } });
  }

  // label: not_checked
  @Get('all/of')
  async everything() {
    return this.recipes.find();
  }
}
