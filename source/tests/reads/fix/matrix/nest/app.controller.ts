import { Body, Controller, Get, NotFoundException, Param, Patch, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import * as fs from 'fs';
import * as path from 'path';
import * as jwt from 'jsonwebtoken';
import { Repository } from 'typeorm';
import { JwtGuard } from './jwt.guard';
import { RolesGuard } from './roles.guard';
import { Note, Person } from './note.entity';
import { Roles } from './roles.decorator';

const KEY = process.env.KEY;

export class ProfileDto {
  name?: string;
  phone?: string;
  role?: string;
}

@Controller()
export class AppController {
  constructor(
    @InjectRepository(Note) private readonly notes: Repository<Note>,
    @InjectRepository(Person) private readonly people: Repository<Person>,
  ) {}

  @Get('token')
  token(@Req() req) {
    const claims = jwt.decode(req.headers.authorization.slice(7));
    return { sub: claims.sub };
  }

  @UseGuards(JwtGuard)
  @Get('owner/:id')
  async owner(@Param('id') id: string, @Req() req) {
    const note = await this.notes.findOneBy({ id });
    if (!note) throw new NotFoundException();
    return note;
  }

  @Get('guard')
  async guard() {
    return this.people.find();
  }

  @UseGuards(JwtGuard, RolesGuard)
  @Roles('admin')
  @Get('held')
  async held() {
    return this.people.find();
  }

  @UseGuards(JwtGuard)
  @Get('role')
  async role() {
    return this.people.find();
  }

  @UseGuards(JwtGuard)
  @Get('list')
  async list(@Req() req) {
    return this.notes.find();
  }

  @UseGuards(JwtGuard)
  @Patch('fields')
  async fields(@Body() body: ProfileDto, @Req() req) {
    await this.people.update(req.user.sub, body);
    return { ok: true };
  }

  @UseGuards(JwtGuard)
  @Post('fields-new')
  async fieldsNew(@Body() body: any) {
    return this.people.save(this.people.create(body));
  }

  @UseGuards(JwtGuard)
  @Get('shown/:id')
  async shown(@Param('id') id: string) {
    return this.people.findOneBy({ id });
  }

  @Get('query-f/:name')
  async queryF(@Param('name') name: string) {
    return this.people.query(`SELECT id FROM people WHERE name = '${name}'`);
  }

  @Get('query-plus')
  async queryPlus(@Query('name') name: string) {
    return this.people.query("SELECT id FROM people WHERE name = '" + name + "'");
  }

  @Get('path-join/:name')
  pathJoin(@Param('name') name: string, @Res() res) {
    res.sendFile(path.join('uploads', name));
  }

  @Get('path-f')
  pathF(@Query('name') name: string) {
    return fs.readFileSync(`./uploads/${name}`, 'utf8');
  }

  @Post('ssrf')
  async ssrf(@Body('url') url: string) {
    const answer = await axios.get(url);
    return answer.data;
  }

  @Post('ssrf-fetch')
  async ssrfFetch(@Body() body: { url: string }) {
    const answer = await fetch(body.url);
    return answer.text();
  }

  @Get('cors')
  cors() {
    return { ok: true };
  }

  @Post('log')
  log(@Body() body) {
    console.log(`sign-in ${body.password}`);
    this.logger.log('token ' + body.token);
    return { ok: true };
  }

  @Post('model')
  async model(@Req() req) {
    const token = req.headers.authorization;
    return ask([{ role: 'system', content: `Use ${token} to call the tool` }]);
  }

  @Post('rate')
  async rate(@Body() body) {
    return { token: signIn(body.name) };
  }
}
