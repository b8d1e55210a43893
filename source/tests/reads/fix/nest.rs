//! NestJS: guards in decorators, and objects that TypeORM and Prisma load.

use routewarden_source::fix::{FixFacts, Proposal, RefusalReason, RemedyKind};

use super::kit::{Given, assert_verified, changed};

const GUARD: &str = "import { CanActivate, Injectable, UnauthorizedException } from '@nestjs/common';\n\n@Injectable()\nexport class SessionGuard implements CanActivate {\n  canActivate(context) {\n    if (!context.switchToHttp().getRequest().user) throw new UnauthorizedException();\n    return true;\n  }\n}\n";

fn controller(methods: &str) -> String {
    format!(
        "import {{ Controller, Get, Param, Req }} from '@nestjs/common';\n\n@Controller('notes')\nexport class NotesController {{\n  constructor(private readonly notes: Repository<Note>, private readonly prisma: PrismaService) {{}}\n\n{methods}}}\n"
    )
}

const OPEN: &str =
    "  @Get(':id')\n  async one(@Param('id') id: string) {\n    return this.notes.findOne({ where: { id } });\n  }\n";

fn made(given: &Given, route: &str, remedy: RemedyKind) -> Proposal {
    let made = given.fix_with(route, remedy, FixFacts::default()).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_verified(&made);
    made
}

#[test]
fn a_guard_of_another_controller_is_brought_to_the_method() {
    let other = "import { Controller, Get, UseGuards } from '@nestjs/common';\nimport { SessionGuard } from './auth/session.guard';\n\n@UseGuards(SessionGuard)\n@Controller('bills')\nexport class BillsController {\n  @Get()\n  all() {\n    return [];\n  }\n}\n";
    let own = controller(OPEN);
    let given = Given::of(&[
        ("src/bills.controller.ts", other),
        ("src/notes/notes.controller.ts", &own),
        ("src/auth/session.guard.ts", GUARD),
    ]);
    let proposal = made(&given, "GET /notes/{id}", RemedyKind::MissingGuard);
    assert_eq!(
        changed(&proposal),
        "-import { Controller, Get, Param, Req } from '@nestjs/common';\n\
         +import { Controller, Get, Param, Req, UseGuards } from '@nestjs/common';\n\
         +import { SessionGuard } from '../auth/session.guard';\n+  @UseGuards(SessionGuard)\n"
    );
    let refusal = given.fix("GET /bills", RemedyKind::MissingGuard).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::NothingToDo);
}

#[test]
fn a_guard_comes_before_those_that_the_method_has() {
    let own = "import { Controller, Get, UseGuards } from '@nestjs/common';\nimport { SessionGuard } from './session.guard';\nimport { SlowGuard } from './slow.guard';\n\n@Controller('bills')\nexport class BillsController {\n  @UseGuards(SessionGuard)\n  @Get()\n  all() {\n    return [];\n  }\n\n  @Get('sum')\n  @UseGuards(SlowGuard)\n  sum() {\n    return 0;\n  }\n}\n";
    let given = Given::of(&[("bills.controller.ts", own), ("session.guard.ts", GUARD)]);
    let proposal = made(&given, "GET /bills/sum", RemedyKind::MissingGuard);
    assert_eq!(changed(&proposal), "-  @UseGuards(SlowGuard)\n+  @UseGuards(SessionGuard, SlowGuard)\n");
}

#[test]
fn what_lets_strangers_past_a_guard_of_the_application_goes() {
    let main = "import { Module } from '@nestjs/common';\nimport { APP_GUARD } from '@nestjs/core';\nimport { SessionGuard } from './session.guard';\n@Module({ controllers: [NotesController], providers: [{ provide: APP_GUARD, useClass: SessionGuard }] })\nexport class AppModule {}\n";
    let own = controller(&OPEN.replace("  @Get(':id')\n", "  @Public()\n  @Get(':id')\n"));
    let given = Given::of(&[("app.module.ts", main), ("notes.controller.ts", &own), ("session.guard.ts", GUARD)]);
    let proposal = made(&given, "GET /notes/{id}", RemedyKind::MissingGuard);
    assert_eq!(changed(&proposal), "-  @Public()\n");
    assert!(proposal.needs_review.iter().any(|said| said.contains("on purpose")), "{:?}", proposal.needs_review);
}

#[test]
fn a_project_without_any_guard_is_told_what_is_missing() {
    let own = controller(OPEN);
    let given = Given::of(&[("notes.controller.ts", &own)]);
    let refusal = given.fix("GET /notes/{id}", RemedyKind::MissingGuard).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::MissingFact);
}

/// A controller behind a guard, with a method that asks for the caller's own notes.
fn guarded(own: &str, other: &str) -> String {
    let methods = format!("  @Get(':id')\n{own}\n  @Get()\n{other}");
    let text = controller(&methods).replace("@Controller('notes')", "@UseGuards(SessionGuard)\n@Controller('notes')");
    format!(
        "import {{ SessionGuard }} from './session.guard';\nimport {{ CurrentUser }} from './user.decorator';\nimport {{ User }} from './user.entity';\n{text}"
    )
}

fn asked(own: &str, other: &str) -> Proposal {
    let model = "import { Entity, Column } from 'typeorm';\n@Entity()\nexport class Note {\n  @Column() id: string;\n  @Column() ownerId: string;\n}\n";
    let text = guarded(own, other);
    let given = Given::of(&[("notes.controller.ts", &text), ("note.entity.ts", model), ("session.guard.ts", GUARD)]);
    made(&given, "GET /notes/{id}", RemedyKind::ObjectOwnership)
}

const BY_REQUEST: &str = "  all(@Req() req) {\n    return this.notes.find({ where: { ownerId: req.user.id } });\n  }\n";
const BY_DECORATOR: &str =
    "  all(@CurrentUser() user: User) {\n    return this.notes.find({ where: { ownerId: user.id } });\n  }\n";

#[test]
fn loads_of_typeorm_and_prisma_ask_for_the_owner() {
    for (load, after) in [
        ("this.notes.findOne({ where: { id } })", "this.notes.findOne({ where: { id, ownerId: req.user.id } })"),
        (
            "this.prisma.note.findFirst({ where: { id } })",
            "this.prisma.note.findFirst({ where: { id, ownerId: req.user.id } })",
        ),
    ] {
        let own = format!(
            "  async one(@Param('id') id: string, @Req() req) {{\n    const note = await {load};\n    return note;\n  }}\n"
        );
        let proposal = asked(&own, BY_REQUEST);
        assert!(proposal.diff.contains(&format!("+    const note = await {after};\n")), "{}", proposal.diff);
    }
}

#[test]
fn a_method_that_is_not_given_the_caller_asks_as_another_one_does() {
    let own = "  async one(@Param('id') id: string) {\n    const note = await this.notes.findOne({ where: { id } });\n    return note;\n  }\n";
    let proposal = asked(own, BY_DECORATOR);
    let lines = changed(&proposal);
    assert!(lines.contains("+  async one(@Param('id') id: string, @CurrentUser() user: User) {\n"), "{lines}");
    assert!(lines.contains("ownerId: user.id"), "{lines}");
}

#[test]
fn what_a_service_loads_is_compared_in_the_controller() {
    let service = "import { Injectable } from '@nestjs/common';\n@Injectable()\nexport class NotesService {\n  constructor(private readonly repo: Repository<Note>) {}\n  async findOne(id: string) {\n    return this.repo.findOne({ where: { id } });\n  }\n}\n";
    let check = "+    if (!found || found.ownerId !== user.id) throw new NotFoundException();\n";
    for (head, body, lines) in [
        ("async one", "    const found = await this.notes.findOne(id);\n    return found;\n", check.to_owned()),
        (
            "async one",
            "    return this.notes.findOne(id);\n",
            format!(
                "-    return this.notes.findOne(id);\n+    const found = await this.notes.findOne(id);\n{check}+    return found;\n"
            ),
        ),
        (
            "one",
            "    return this.notes.findOne(id);\n",
            format!(
                "-    return this.notes.findOne(id);\n+  async one(@Param('id') id: string, @CurrentUser() user: User) {{\n+    const found = await this.notes.findOne(id);\n{check}+    return found;\n"
            ),
        ),
    ] {
        let own = format!("  {head}(@Param('id') id: string, @CurrentUser() user: User) {{\n{body}  }}\n");
        let text = guarded(&own, "  all(@CurrentUser() user: User) {\n    return this.notes.all(user.id);\n  }\n")
            .replace("private readonly notes: Repository<Note>", "private readonly notes: NotesService")
            .replace("import { User }", "import { NotesService } from './notes.service';\nimport { User }");
        let given =
            Given::of(&[("notes.controller.ts", &text), ("session.guard.ts", GUARD), ("notes.service.ts", service)]);
        let facts = FixFacts { owner_fields: vec!["ownerId".to_owned()], ..FixFacts::default() };
        let made = given.fix_with("GET /notes/{id}", RemedyKind::ObjectOwnership, facts).unwrap();
        assert_verified(&made);
        let mut said: Vec<String> = changed(&made).split_inclusive('\n').map(str::to_owned).collect();
        said.retain(|line| !line.contains("import ") && !line.starts_with("-  one("));
        let mut wanted: Vec<String> = lines.split_inclusive('\n').map(str::to_owned).collect();
        said.sort();
        wanted.sort();
        assert_eq!(said, wanted, "{}", made.diff);
    }
}
