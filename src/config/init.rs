//! The first `routewarden.toml` of a project, with comments that teach.

/// What `routewarden init` found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitFacts {
    /// Path of the OpenAPI document, relative to the file.
    pub document: Option<String>,
    /// Where the API answers.
    pub base_url: Option<String>,
    /// The API's source tree, relative to the file.
    pub source: Option<String>,
    /// Name of the framework.
    pub framework: Option<String>,
    /// How the document says that callers sign in.
    pub scheme: InitScheme,
}

/// The security scheme that the document declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum InitScheme {
    /// `Authorization: Bearer …`, and what is taken when nothing is declared.
    #[default]
    Bearer,
    /// Basic.
    Basic,
    /// A key in a header of this name.
    ApiKeyHeader(String),
    /// A key in a query parameter of this name.
    ApiKeyQuery(String),
    /// A session cookie of this name.
    Cookie(String),
    /// A sign-in operation, and where its answer has the token.
    Login {
        /// `POST /login`
        operation: String,
        /// The body's field for the name.
        username_field: String,
        /// The body's field for the password.
        password_field: String,
        /// JSON pointer.
        token: String,
    },
}

/// Writes the text. It is valid once the environment variables in it are set.
pub fn render_init(facts: &InitFacts) -> String {
    let mut out = String::from(
        "# Routewarden: which API to test, and as whom.\n# Secrets never stand in this file, only the names of environment variables (or files) that hold them.\n\n[target]\n",
    );
    push_setting(
        &mut out,
        "openapi",
        facts.document.as_deref(),
        "openapi.yaml",
        "the OpenAPI document: a path or a URL",
    );
    push_setting(&mut out, "base_url", facts.base_url.as_deref(), "http://127.0.0.1:8000", "where the API answers");
    let code = match &facts.framework {
        Some(framework) => format!("the source tree ({}): repairs come in its idiom", one_line(framework)),
        None => "the source tree: repairs come in its framework's idiom".to_owned(),
    };
    push_setting(&mut out, "source", facts.source.as_deref(), ".", &code);
    out.push_str("# Requests go to loopback only. List another host here only if you may test it.\n");
    out.push_str("# allow = [\"https://staging.example.com\"]\n\n");
    out.push_str("[scan]\nmode = \"passive\"          # reads only; \"active\" also writes to objects and accounts that it makes, and removes them\n");
    out.push_str("# exclude = [\"GET /createdb\", \"POST /payments/*\"]   # never sent\n# include = [\"GET /sync/*\"]                          # GETs that only read, where --dry-run doubts it\n# rate = 50               # requests a second\n\n");
    out.push_str(
        "# Two users of equal role are what object-level checks need: one tries to reach what the other owns.\n",
    );
    out.push_str(
        "# What an active scan may do as an account of yours: create what it can remove again, and remove it. To change that:\n\
         # writes = \"own\"      it may also create what stays, and change what stands under `owns`; each change is put back\n\
         # writes = \"none\"     it writes nothing as this account\n\
         # disposable = true   it may change the account itself: for accounts made for testing\n",
    );

    for name in ["alice", "bob"] {
        push_identity(&mut out, &facts.scheme, name, "user");
    }
    out.push_str("# An administrator shows which functions users must not reach.\n");
    let mut admin = String::new();
    push_identity(&mut admin, &facts.scheme, "root", "admin");

    // An administrator is optional, and an identity without its variable keeps the file from loading.
    for text in admin.trim_end().lines() {
        out.push_str(&format!("# {text}\n"));
    }
    out.push_str("\n# A finding that is meant to be so:\n# [[suppress]]\n# finding = \"rw-0123456789abcdef\"\n# reason  = \"public by design\"\n# expires = \"2027-06-30\"\n");
    out.push_str("\n# Who is meant to reach what, where the scan cannot know:\n# [intent]\n# \"GET /articles/{slug}\" = { policy = \"public\", reason = \"a blog\" }\n# \"resource:order\" = \"owner\"\n");
    out
}

fn push_setting(out: &mut String, key: &str, value: Option<&str>, example: &str, comment: &str) {
    // What was not found stays as a comment with an example, so that the file still loads.
    let (mark, value) = match value {
        Some(value) => ("", value),
        None => ("# ", example),
    };
    out.push_str(&format!("{mark}{key} = {}   # {comment}\n", quote_toml(value)));
}

fn push_identity(out: &mut String, scheme: &InitScheme, name: &str, role: &str) {
    let variable = name.to_ascii_uppercase();
    out.push_str(&format!("[identities.{name}]\nrole = \"{role}\"\n"));
    let credential = match scheme {
        InitScheme::Bearer => format!("bearer = {{ env = \"{variable}_TOKEN\" }}\n"),
        InitScheme::Basic => {
            format!("basic = {{ user = \"{name}\", password = {{ env = \"{variable}_PASSWORD\" }} }}\n")
        }
        InitScheme::ApiKeyHeader(header) => {
            format!("api_key = {{ header = {}, env = \"{variable}_API_KEY\" }}\n", quote_toml(header))
        }
        InitScheme::ApiKeyQuery(query) => {
            format!("api_key = {{ query = {}, env = \"{variable}_API_KEY\" }}\n", quote_toml(query))
        }
        InitScheme::Cookie(cookie) => {
            format!("cookie = {{ name = {}, env = \"{variable}_COOKIE\" }}\n", quote_toml(cookie))
        }
        InitScheme::Login { operation, username_field, password_field, token } => format!(
            "[identities.{name}.login]\noperation = {}\nbody = {{ {} = \"{name}\", {} = {{ env = \"{variable}_PASSWORD\" }} }}\ntoken = {}   # where the answer has it (JSON pointer)\n",
            quote_toml(operation),
            quote_toml(username_field),
            quote_toml(password_field),
            quote_toml(token),
        ),
    };

    out.push_str(&credential);
    out.push('\n');
}

/// A TOML string; what stands in documents and folder names is not trusted to be harmless.
fn quote_toml(text: &str) -> String {
    toml::Value::from(one_line(text)).to_string()
}

fn one_line(text: &str) -> String {
    crate::model::clean_text(text, 500)
}
