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
    /// Those that every remedy has code for; `Unknown` stands for code that fits any. For the others some remedies have
    /// code, and the rest gives the code that fits any.
    pub const ALL: [Self; 7] =
        [Self::Flask, Self::FastApi, Self::DjangoRest, Self::Express, Self::SpringBoot, Self::Gin, Self::Unknown];

    /// The name in answers and arguments; `unknown` when there is none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flask => "flask",
            Self::FastApi => "fastapi",
            Self::DjangoRest => "django-rest",
            Self::Express => "express",
            Self::SpringBoot => "spring-boot",
            Self::Gin => "gin",
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
            "nest" | "nestjs" => Self::NestJs,
            "rails" | "rubyonrails" => Self::Rails,
            "laravel" => Self::Laravel,
            "aspnet" | "aspnetcore" => Self::AspNet,
            "axum" => Self::Axum,
            "actix" | "actixweb" => Self::Actix,
            _ => Self::Unknown,
        }
    }

    /// The name of the code sections in remedies.
    pub(super) fn section(self) -> &'static str {
        if self == Self::Unknown { "generic" } else { self.as_str() }
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
