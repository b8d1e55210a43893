//! The frameworks that remedies have code for.

use std::fmt;

/// A web framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Framework {
    /// Flask (Python).
    Flask,
    /// FastAPI (Python).
    FastApi,
    /// Django REST framework (Python).
    DjangoRest,
    /// Express (JavaScript, TypeScript).
    Express,
    /// Spring Boot (Java, Kotlin).
    SpringBoot,
    /// Gin (Go).
    Gin,
    /// Echo (Go).
    Echo,
    /// `net/http` alone (Go).
    NetHttp,
    /// NestJS (TypeScript).
    NestJs,
    /// Rails (Ruby).
    Rails,
    /// Laravel (PHP).
    Laravel,
    /// ASP.NET Core (C#).
    AspNet,
    /// axum (Rust).
    Axum,
    /// actix-web (Rust).
    Actix,
    /// None of these, or not known.
    #[default]
    Unknown,
}

impl Framework {
    /// All; `Unknown` stands for code that fits any.
    pub const ALL: [Self; 15] = [
        Self::Flask,
        Self::FastApi,
        Self::DjangoRest,
        Self::Express,
        Self::SpringBoot,
        Self::Gin,
        Self::Echo,
        Self::NetHttp,
        Self::NestJs,
        Self::Rails,
        Self::Laravel,
        Self::AspNet,
        Self::Axum,
        Self::Actix,
        Self::Unknown,
    ];

    /// The name in answers and arguments; `unknown` when there is none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flask => "flask",
            Self::FastApi => "fastapi",
            Self::DjangoRest => "django-rest",
            Self::Express => "express",
            Self::SpringBoot => "spring-boot",
            Self::Gin => "gin",
            Self::Echo => "echo",
            Self::NetHttp => "net-http",
            Self::NestJs => "nestjs",
            Self::Rails => "rails",
            Self::Laravel => "laravel",
            Self::AspNet => "aspnet",
            Self::Axum => "axum",
            Self::Actix => "actix",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a name as people write it: `Django REST framework`, `spring`, `fast-api`. Anything else is `Unknown`.
    pub fn parse(name: &str) -> Self {
        let letters: String =
            name.chars().take(64).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        match letters.as_str() {
            "flask" => Self::Flask,
            "fastapi" => Self::FastApi,
            "django" | "djangorest" | "drf" | "djangorestframework" => Self::DjangoRest,
            "express" | "expressjs" => Self::Express,
            "spring" | "springboot" => Self::SpringBoot,
            "gin" | "gingonic" => Self::Gin,
            "echo" | "labstackecho" => Self::Echo,
            "nethttp" | "go" | "golang" => Self::NetHttp,
            "nest" | "nestjs" => Self::NestJs,
            "rails" | "rubyonrails" => Self::Rails,
            "laravel" => Self::Laravel,
            "aspnet" | "aspnetcore" | "dotnet" => Self::AspNet,
            "axum" => Self::Axum,
            "actix" | "actixweb" => Self::Actix,
            _ => Self::Unknown,
        }
    }

    /// Returns the framework that code for this one is written in: one of Go stands for all of Go.
    pub fn sampled_in(self) -> Self {
        match self {
            Self::Echo | Self::NetHttp => Self::Gin,
            framework => framework,
        }
    }

    /// The name of the code sections in remedies.
    pub(super) fn section(self) -> &'static str {
        match self.sampled_in() {
            Self::Unknown => "generic",
            framework => framework.as_str(),
        }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
