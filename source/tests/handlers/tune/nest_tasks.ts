import { Body, Controller, Delete, ForbiddenException, Get, Injectable, NotFoundException, Param, Patch, Req, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { AuthGuard } from '@nestjs/passport';
import { CurrentUser } from './current-user.decorator';

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id: number;
}

@Entity()
export class Task {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @Column()
  ownerId: number;
}

@Injectable()
export class TaskService {
  constructor(@InjectRepository(Task) private readonly tasks: Repository<Task>) {}

  async findAny(id: number) {
    const task = await this.tasks.findOneBy({ id });
    if (!task) throw new NotFoundException();
    return task;
  }

  async findOwned(id: number, userId: number) {
    const task = await this.tasks.findOne({ where: { id, ownerId: userId } });
    if (!task) throw new NotFoundException();
    return task;
  }

  async rename(id: number, title: string, user: User) {
    const task = await this.tasks.findOneBy({ id });
    if (!task) throw new NotFoundException();
    if (task.ownerId !== user.id) {
      throw new ForbiddenException();
    }
    task.title = title;
    return this.tasks.save(task);
  }
}

@Controller('tasks')
@UseGuards(AuthGuard('jwt'))
export class TaskController {
  constructor(private readonly taskService: TaskService) {}

  // label: not_checked
  @Get(':id')
  findOne(@Param('id') id: number, @CurrentUser() user: User) {
    return this.taskService.findAny(id);
  }

  // label: checked
  @Get(':id/own')
  findOwn(@Param('id') id: number, @CurrentUser() user: User) {
    return this.taskService.findOwned(id, user.id);
  }

  // label: checked
  @Patch(':id')
  rename(@Param('id') id: number, @Body('title') title: string, @Req() req) {
    return this.taskService.rename(id, title, req.user);
  }

  // label: checked
  @Get(':id/after')
  async after(@Param('id') id: string, @CurrentUser() user: User) {
    const task = await this.taskService.findAny(+id);
    if (task.ownerId !== user.id) {
      throw new NotFoundException();
    }
    return task;
  }

  // label: not_checked
  @Patch(':id/returned')
  async returned(@Param('id') id: number, @CurrentUser() user: User) {
    const task = await this.taskService.findAny(id);
    if (task.ownerId !== user.id) {
      new ForbiddenException();
    }
    return task;
  }
}
