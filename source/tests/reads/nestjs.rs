//! Routes of NestJS, with their guards.

use routewarden_source::frameworks::find_routes;
use routewarden_source::routes::{FrameworkName, GuardKind, RouteEntry, RouteTable};

use crate::project::project;

fn table(files: &[(&str, &str)]) -> RouteTable {
    let mut table = find_routes(&project(files));
    table.routes.retain(|route| route.framework == FrameworkName::NestJs);
    table
}

fn shown(table: &RouteTable) -> Vec<String> {
    let show = |route: &RouteEntry| {
        let methods = if route.methods.is_empty() { "ALL".to_owned() } else { route.methods.join(",") };
        format!("{methods} {} {}:{} {}", route.path, route.handler.file, route.handler.line, route.function)
    };
    table.routes.iter().map(show).collect()
}

fn kinds(table: &RouteTable, path: &str) -> Vec<GuardKind> {
    table
        .routes
        .iter()
        .find(|route| route.path == path)
        .unwrap()
        .guards
        .iter()
        .map(|guard| guard.kind.clone())
        .collect()
}

const MAIN: &str = r"
import { NestFactory } from '@nestjs/core';
import { VersioningType } from '@nestjs/common';
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix('api', { exclude: ['health'] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  await app.listen(3000);
}
bootstrap();
";

#[test]
fn prefixes_versions_and_inherited_methods_make_the_path() {
    let table = table(&[
        ("main.ts", MAIN),
        (
            "cats.controller.ts",
            r"
import { Controller, Get, Post, Version, Param, All } from '@nestjs/common';
import { Base } from './base';
import { Paths } from './paths';

@Controller(Paths.Cats)
export class CatsController extends Base {
  @Get(':id')
  one(@Param('id') id: string) {}

  @Version('2')
  @Post(['', 'many'])
  async make() {}

  @All('any')
  any() {}

  helper() {}
}
",
        ),
        ("paths.ts", "export enum Paths { Cats = 'cats' }\n"),
        (
            "base.ts",
            "import { Get } from '@nestjs/common';\nexport abstract class Base {\n  @Get('shared')\n  shared() {}\n  @Get('hidden')\n  one() {}\n}\n",
        ),
        (
            "health.controller.ts",
            "import { Controller, Get, VERSION_NEUTRAL } from '@nestjs/common';\n@Controller({ path: 'health', version: VERSION_NEUTRAL })\nexport class Health {\n  @Get() check() {}\n}\n",
        ),
    ]);
    assert_eq!(
        shown(&table),
        [
            "ALL /api/v1/cats/any cats.controller.ts:16 CatsController.any",
            "GET /api/v1/cats/shared base.ts:4 CatsController.shared",
            "GET /api/v1/cats/{id} cats.controller.ts:9 CatsController.one",
            "POST /api/v2/cats cats.controller.ts:13 CatsController.make",
            "POST /api/v2/cats/many cats.controller.ts:13 CatsController.make",
            "GET /health health.controller.ts:4 Health.check",
        ]
    );
}

#[test]
fn modules_with_a_prefix_stand_before_their_controllers() {
    let table = table(&[(
        "app.ts",
        r"
import { Controller, Get, Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
@Controller('users')
class Users { @Get() list() {} }
@Module({ controllers: [Users] })
class AdminModule {}
@Module({ imports: [AdminModule, RouterModule.register([{ path: 'admin', module: AdminModule }])] })
class AppModule {}
",
    )]);
    assert_eq!(shown(&table), ["GET /admin/users app.ts:5 Users.list"]);
}

#[test]
fn guards_of_every_level_are_judged() {
    let table = table(&[(
        "app.ts",
        r"
import { Controller, Get, Module, UseGuards, SetMetadata, applyDecorators, UnauthorizedException } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';

export const Public = () => SetMetadata('isPublic', true);
export const Roles = (...roles) => SetMetadata('roles', roles);
export function Admin() { return applyDecorators(Roles('admin'), UseGuards(RolesGuard)); }

class SessionGuard { canActivate(context) { if (!context.user) throw new UnauthorizedException(); return true; } }
class RolesGuard { canActivate(context) { return context.user.roles.includes('x'); } }
class OpenGuard { canActivate() { return true; } }

@Module({ providers: [{ provide: APP_GUARD, useClass: SessionGuard }] })
class AppModule {}

@Controller('a')
class Guarded {
  @Get('plain') plain() {}
  @Public() @Get('open') open() {}
  @Admin() @Get('admin') admin() {}
  @UseGuards(RolesGuard) @Get('no-role') noRole() {}
  @UseGuards(OpenGuard) @Get('sham') sham() {}
}

@UseGuards(AuthGuard('jwt'))
@Controller('b')
class Other { @Get() all() {} }
",
    )]);
    let auth = GuardKind::Authentication;
    for (path, wanted) in [
        ("/a/plain", vec![auth.clone()]),
        ("/a/open", vec![GuardKind::Unknown, GuardKind::Public]),
        ("/a/admin", vec![auth.clone(), GuardKind::Role("admin".to_owned())]),
        ("/a/no-role", vec![auth.clone(), GuardKind::Unknown]),
        ("/a/sham", vec![auth.clone()]),
        ("/b", vec![auth.clone(), auth.clone()]),
    ] {
        assert_eq!(kinds(&table, path), wanted, "{path}");
    }
}
