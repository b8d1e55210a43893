//! Frameworks by manifests.

use routewarden::remedy::{Framework, recognise};

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
        (Framework::Gin, "go.mod", "module x\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n)"),
        (Framework::Gin, "api/go.mod", "require github.com/gin-gonic/gin v1.10.0"),
        (Framework::Unknown, "requirements.txt", "# flask\nflask-cors\nmy_flask"),
        (Framework::Unknown, "package.json", r#"{"dependencies": {"express": "^5", "@nestjs/core": "^11"}}"#),
        (Framework::Unknown, "package.json", "{express"),
        (Framework::Unknown, "pom.xml", "<!-- spring-boot-starter -->"),
        (Framework::Unknown, "go.mod", "// github.com/gin-gonic/gin v1"),
        (Framework::Unknown, "node_modules/package.json", r#"{"dependencies": {"express": "^5"}}"#),
        (Framework::Unknown, "a/b/requirements.txt", "flask"),
    ] {
        let folder = project(&[(path, text)]);
        let found = recognise(folder.path());
        assert_eq!(found.framework, framework, "{path}: {text}: {}", found.because);
        assert!(found.framework == Framework::Unknown || found.because.starts_with(path), "{}", found.because);
    }
}

#[test]
fn the_project_s_own_manifest_goes_before_those_below() {
    let folder = project(&[("a/requirements.txt", "flask"), ("package.json", r#"{"dependencies": {"express": "5"}}"#)]);
    assert_eq!(recognise(folder.path()).framework, Framework::Express);
    let absent = recognise(&folder.path().join("absent"));
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
    assert_eq!(recognise(folder.path()).framework, Framework::Unknown);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    assert_eq!(recognise(folder.path()).framework, Framework::Unknown);
}
