//! Frameworks by manifests.

use routewarden::remedy::{Framework, recognise_answer, recognise_framework};

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn manifests_tell_the_framework() {
    for (framework, path, text) in [
        (Framework::Flask, "requirements.txt", "Flask==3.0\nsqlalchemy"),
        (Framework::Flask, "requirements-dev.txt", "flask[async]>=2"),
        (Framework::FastApi, "pyproject.toml", "[project]\ndependencies = [\"fastapi>=0.1\", \"flask-cors\"]"),
        (Framework::FastApi, "Pipfile", "[packages]\nfastapi = \"*\"\n"),
        (Framework::DjangoRest, "requirements.txt", "django==5.2\nfastapi-utils\ndjangorestframework"),
        (Framework::Express, "package.json", r#"{"dependencies": {"express": "^5"}}"#),
        (Framework::SpringBoot, "pom.xml", "<artifactId>spring-boot-starter-web</artifactId>"),
        (Framework::SpringBoot, "build.gradle.kts", "plugins { id(\"org.springframework.boot\") version \"3.5\" }"),
        (
            Framework::SpringBoot,
            "build.gradle.kts",
            "sourceSets { include(\"src/*\", \"b/**/*.kt\") }\ndependencies { implementation(\"org.springframework.boot:web\") }",
        ),
        (
            Framework::SpringBoot,
            "build.gradle",
            "maven { url 'https://repo.example' }\nexclude 'a/*'\nplugins { id 'org.springframework.boot' }",
        ),
        (Framework::SpringBoot, "pom.xml", "<include>src/*</include><artifactId>spring-boot-starter-web</artifactId>"),
        (Framework::Unknown, "build.gradle", "/* id 'org.springframework.boot' */\n// org.springframework.boot\n"),
        (Framework::Gin, "go.mod", "module x\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n)"),
        (Framework::Gin, "api/go.mod", "require github.com/gin-gonic/gin v1.10.0"),
        (Framework::Unknown, "requirements.txt", "# flask\nflask-cors\nmy_flask"),
        (Framework::NestJs, "package.json", r#"{"dependencies": {"express": "^5", "@nestjs/core": "^11"}}"#),
        (Framework::Echo, "go.mod", "require github.com/labstack/echo/v4 v4.13.3"),
        (Framework::NetHttp, "go.mod", "require (\n\tgithub.com/go-chi/chi/v5 v5.2.0\n)"),
        (Framework::Unknown, "go.mod", "require (\n\tgithub.com/gin-gonic/gin v1.10.0 // indirect\n)"),
        (Framework::Unknown, "go.mod", "require github.com/gin-gonic/gin-extras v1.0.0"),
        (Framework::Rails, "Gemfile", "source 'https://rubygems.org'\ngem \"rails\", \"~> 8.0\""),
        (Framework::Rails, "Gemfile", "gem('rails')"),
        (Framework::Unknown, "Gemfile", "# gem 'rails'\ngem 'rails-i18n'"),
        (Framework::Laravel, "composer.json", r#"{"require": {"laravel/framework": "^12.0"}}"#),
        (Framework::Unknown, "composer.json", r#"{"require-dev": {"laravel/pint": "^1"}}"#),
        (Framework::AspNet, "Api.csproj", r#"<Project Sdk="Microsoft.NET.Sdk.Web">"#),
        (Framework::AspNet, "src/Api.csproj", r#"<Project Sdk="Microsoft.NET.Sdk.Web">"#),
        (Framework::Unknown, "Tool.csproj", r#"<Project Sdk="Microsoft.NET.Sdk">"#),
        (Framework::Axum, "Cargo.toml", "[dependencies]\naxum = { version = \"0.8\" }"),
        (Framework::Axum, "Cargo.toml", "[workspace.dependencies.axum]\nversion = \"0.8\""),
        (Framework::Actix, "Cargo.toml", "[dependencies]\nactix-web.workspace = true"),
        (Framework::Unknown, "Cargo.toml", "[dependencies]\n# axum = \"0.8\"\naxum-extra = \"0.10\""),
        (Framework::Unknown, "package.json", "{express"),
        (Framework::Unknown, "pom.xml", "<!-- spring-boot-starter -->"),
        (Framework::Unknown, "go.mod", "// github.com/gin-gonic/gin v1"),
        (Framework::Unknown, "node_modules/package.json", r#"{"dependencies": {"express": "^5"}}"#),
        (Framework::Unknown, "a/b/requirements.txt", "flask"),
    ] {
        let folder = project(&[(path, text)]);
        let found = recognise_framework(folder.path());
        assert_eq!(found.framework, framework, "{path}: {text}: {}", found.because);
        assert!(found.framework == Framework::Unknown || found.because.starts_with(path), "{}", found.because);
    }
}

#[test]
fn the_project_s_own_manifest_goes_before_those_below() {
    let folder = project(&[("a/requirements.txt", "flask"), ("package.json", r#"{"dependencies": {"express": "5"}}"#)]);
    assert_eq!(recognise_framework(folder.path()).framework, Framework::Express);
    let absent = recognise_framework(&folder.path().join("absent"));
    assert_eq!(absent.framework, Framework::Unknown);
    assert!(absent.because.ends_with("cannot be read"), "{}", absent.because);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_not_followed() {
    let outside = project(&[("requirements.txt", "flask")]);
    let folder = project(&[("readme", "")]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("api")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("requirements.txt"), folder.path().join("requirements.txt"))
        .unwrap();
    assert_eq!(recognise_framework(folder.path()).framework, Framework::Unknown);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    assert_eq!(recognise_framework(folder.path()).framework, Framework::Unknown);
}

#[test]
fn answers_show_the_framework() {
    for (framework, headers, body) in [
        (Framework::Flask, vec![("Server", "Werkzeug/3.1.3 Python/3.12")], ""),
        (Framework::FastApi, vec![], r#"{"detail":[{"type":"int_parsing","loc":["path","id"],"msg":"no"}]}"#),
        (Framework::DjangoRest, vec![], r#"{"detail": "Authentication credentials were not provided."}"#),
        (Framework::Express, vec![("x-powered-by", "Express")], r#"{"error":"not found"}"#),
        (
            Framework::NestJs,
            vec![("X-Powered-By", "Express")],
            r#"{"message":"Cannot GET /x","error":"Not Found","statusCode":404}"#,
        ),
        (
            Framework::SpringBoot,
            vec![],
            r#"{"timestamp":"2026-01-01T00:00:00Z","status":404,"error":"Not Found","path":"/x"}"#,
        ),
        (
            Framework::Gin,
            vec![],
            r#"{"error":"Key: 'in.Title' Error:Field validation for 'Title' failed on the 'required' tag"}"#,
        ),
        (Framework::Echo, vec![], r#"{"message":"missing or malformed jwt"}"#),
        (Framework::NetHttp, vec![], "404 page not found\n"),
        (Framework::Rails, vec![("x-runtime", "0.004"), ("x-request-id", "a")], r#"{"error":"not found"}"#),
        (Framework::Laravel, vec![], r#"{"message":"Unauthenticated."}"#),
        (Framework::Laravel, vec![("set-cookie", "laravel_session=[redacted]; path=/; httponly")], ""),
        (Framework::AspNet, vec![("server", "Kestrel")], ""),
        (Framework::AspNet, vec![], r#"{"title":"Not Found","status":404,"traceId":"00-84c1fd4063c3-00"}"#),
        (Framework::Axum, vec![], "Failed to deserialize the JSON body into the target type: missing field `title`"),
        (Framework::Actix, vec![], "Json deserialize error: missing field `title` at line 1 column 2"),
    ] {
        let found = recognise_answer(headers, body).unwrap_or_else(|| panic!("{framework}: {body}"));
        assert_eq!(found.framework, framework, "{body}");
        assert!(found.because.starts_with("an answer's "), "{}", found.because);
    }
}

#[test]
fn answers_that_any_server_gives_show_no_framework() {
    for (headers, body) in [
        (vec![("server", "nginx"), ("content-type", "application/json")], r#"{"detail":"Not Found"}"#),
        (vec![("server", "uvicorn")], r#"{"error":"not found","message":"no such order"}"#),
        (vec![], r#"{"status":404,"error":"Not Found"}"#),
        (vec![("set-cookie", "session=[redacted]")], ""),
    ] {
        assert_eq!(recognise_answer(headers, body), None, "{body}");
    }
}
