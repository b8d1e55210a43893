//! Why no test is proposed.

/// Why no test is proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestFault {
    /// The method of the request is missing, or is none.
    #[error("the method of the request is not known")]
    Method,
    /// A request has no path, or one that leads elsewhere.
    #[error("a path of the proof is missing, or is no path on this server")]
    Path,
    /// The owner's answer has no status.
    #[error("the status that the owner is answered with is not known")]
    ServedStatus,
    /// A token is to be changed, and callers have none.
    #[error("a changed token needs a token, and callers have a cookie here")]
    NoToken,
    /// A token is to grow old, and the test has no way to get one.
    #[error("an old token needs a sign-in, and tokens come from the environment here")]
    NoSignIn,
    /// Nothing says who must still be served.
    #[error("no caller is known who is served, and the test needs one")]
    NoOwner,
    /// A name that the test would read from the environment cannot be one.
    #[error("`{0}` is no name of a variable of the environment")]
    Variable(String),
    /// The refusal has the status of an answer that serves.
    #[error("a refusal has the status of an answer that serves: it is known by its content alone")]
    SameStatus,
    /// Only the content tells a refusal, and none of it can be looked for.
    #[error("the answer is told from a refusal by its content alone, and no value of the owner's can be looked for")]
    NoValue,
    /// Only an application that a test imports can be run under another clock.
    #[error(
        "an expired token comes from a sign-in under a clock that is put back, which a test can do only where it imports the application"
    )]
    Clock,
    /// There is no template for this pair of attack and framework.
    #[error("there is no test of this kind for the framework yet: `recheck` holds it")]
    Unsupported,
    /// The class that starts a Spring application was not found.
    #[error("no class with `@SpringBootApplication` is in the project")]
    NoApplication,
    /// The folder of a Go route holds no file that names its package.
    #[error("the package of the route is not known")]
    NoPackage,
    /// Every path that was tried has a file.
    #[error("every name like {0} is taken")]
    NamesTaken(String),
    /// The end of the path says no language.
    #[error("the language of the test is not known")]
    NoLanguage,
    /// The grammar gave up on the text.
    #[error("parsing the test takes too long")]
    TooLong,
    /// The text is none of its language: a fact has something in it that no template expects.
    #[error("the test that these facts make does not parse")]
    NotParsed,
}
