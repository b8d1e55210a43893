import { Body, Controller, Delete, ForbiddenException, Get, Injectable, NotFoundException, Param, ParseIntPipe, Put, Request, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { AuthGuard } from '@nestjs/passport';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
export class Loan {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  readerId: number;

  @Column()
  note: string;
}

@Injectable()
export class LoansService {
  constructor(@InjectRepository(Loan) private readonly loans: Repository<Loan>) {}

  async mine(id: number, readerId: number): Promise<Loan> {
    const loan = await this.loans.findOne({ where: { id, readerId } });
    if (!loan) throw new NotFoundException();
    return loan;
  }

  async byId(id: number): Promise<Loan> {
    return this.loans.findOneByOrFail({ id });
  }
}

@UseGuards(AuthGuard('jwt'))
@Controller('loans')
export class LoansController {
  constructor(private readonly service: LoansService, @InjectRepository(Loan) private readonly loans: Repository<Loan>) {}

  // label: checked
  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number, @Request() req) {
    return this.service.mine(id, req.user.userId);
  }

  // label: not_checked
  @Delete(':id')
  async remove(@Param('id', ParseIntPipe) id: number, @Request() req) {
    const loan = await this.service.byId(id);
    await this.loans.remove(loan);
  }

  // label: checked
  @Put(':id')
  async annotate(@Param('id', ParseIntPipe) id: number, @Body('note') note: string, @Request() req) {
    const loan = await this.service.byId(id);
    if (loan.readerId !== req.user.userId) {
      throw new ForbiddenException('not yours');
    }
    loan.note = note;
    return this.loans.save(loan);
  }

  // label: not_checked
  @Put(':id/extend')
  async extend(@Param('id', ParseIntPipe) id: number, @Request() req) {
    const loan = await this.loans.findOne({ where: { id } });
    if (!loan || !req.user.userId) throw new NotFoundException();
    return this.loans.save({ ...loan, extended: true });
  }
}
