//! Chooses how a test is written by the framework of the route and by how the project is tested, and verifies its text.

use super::facts::{AttackKind, ProofFacts, TestProposal};
use super::fault::TestFault;
use super::go;
use super::node;
use super::node_app::{self, NodeRunner};
use super::place::{free_path, from_folder, is_within, path_below, run_in, shell_word};
use super::plan::TestPlan;
use super::python::{self, PythonClient};
use super::python_app::{self, PythonApp};
use super::python_clients as clients;
use super::spring;
use crate::lang::Language;
use crate::project::Project;
use crate::routes::{FrameworkName, RouteEntry};

/// What a test against a running server asks for.
const NEEDS_SERVER: &str =
    "the application must run at BASE_URL while the test runs: it is not one that a test can import";

/// Proposes a test that repeats a proof: the attack is refused, and the owner is served.
///
/// # Errors
/// The facts do not make a test that can fail before a repair, or the text would not parse; says why.
pub fn regression_test(project: &Project, entry: &RouteEntry, facts: &ProofFacts) -> Result<TestProposal, TestFault> {
    let plan = TestPlan::new(facts)?;
    let is_python = matches!(entry.framework, FrameworkName::Flask | FrameworkName::FastApi | FrameworkName::Django);
    let is_node = matches!(entry.framework, FrameworkName::Express | FrameworkName::NestJs);
    if !plan.is_usual()
        && matches!(
            entry.framework,
            FrameworkName::Spring | FrameworkName::Gin | FrameworkName::Echo | FrameworkName::NetHttp
        )
    {
        return Err(TestFault::Unsupported);
    }
    // An expired token needs a clock that is put back within the application's own process.
    if facts.attack == AttackKind::OldToken && !is_python && !is_node {
        return Err(TestFault::Clock);
    }
    let proposal = match entry.framework {
        FrameworkName::Flask | FrameworkName::FastApi => python_test(project, entry, plan),
        FrameworkName::Django => django_test(project, entry, plan),
        FrameworkName::Express | FrameworkName::NestJs => node_test(project, entry, plan),
        FrameworkName::Spring => spring_test(project, plan),
        FrameworkName::Gin | FrameworkName::Echo | FrameworkName::NetHttp => go_test(project, entry, plan),
        FrameworkName::Rails
        | FrameworkName::Laravel
        | FrameworkName::AspNet
        | FrameworkName::Axum
        | FrameworkName::Actix => server_test(project, plan),
    }?;
    // Facts come from a target, so that a text which does not parse is never proposed.
    check_syntax(&proposal)?;
    Ok(proposal)
}

fn check_syntax(proposal: &TestProposal) -> Result<(), TestFault> {
    let language = Language::of_path(&proposal.path).ok_or(TestFault::NoLanguage)?;
    let tree = language.parse(&proposal.text).ok_or(TestFault::TooLong)?;

    if tree.root_node().has_error() {
        return Err(TestFault::NotParsed);
    }
    Ok(())
}

fn python_test(project: &Project, entry: &RouteEntry, plan: TestPlan) -> Result<TestProposal, TestFault> {
    let is_flask = entry.framework == FrameworkName::Flask;
    let word = if is_flask { "test_client" } else { "TestClient(" };
    let Some(app) = python_app::find_app(project, entry, word) else { return server_test(project, plan) };
    let client = if is_flask { clients::for_flask(&app) } else { clients::for_fastapi(&app) };
    let text = python::write_test(&plan, &client);
    let path = free_path(project, &app.folder, &format!("test_routewarden_{}", plan.slug()), ".py")?;
    let run = python_run(&app.root, &path, "python -m pytest");
    let mut needs_review = setup_review(&app);
    needs_review.extend(missing_packages(project, is_flask));

    Ok(build_proposal(plan, (path, text, run), needs_review))
}

/// The command for a test: from the folder that imports begin at, which `python -m` puts in front.
fn python_run(root: &str, path: &str, command: &str) -> String {
    if is_within(path, root) {
        return run_in(root, &format!("{command} {}", shell_word(from_folder(path, root))));
    }
    format!("PYTHONPATH={} {command} {}", shell_word(root), shell_word(path))
}

fn setup_review(app: &PythonApp) -> Vec<String> {
    let calls: Vec<String> = app.setup.iter().map(|(module, name)| format!("{module}.{name}()")).collect();
    let mut said = Vec::new();

    if !calls.is_empty() {
        let calls = calls.join(", ");
        said.push(format!(
            "the test calls {calls} as the application does at its start: it must be safe for the data that it runs on"
        ));
    }

    if app.has_more_setup {
        let module = &app.module;
        said.push(format!("{module} does more at its start as a program than the test repeats"));
    }
    said
}

fn missing_packages(project: &Project, is_flask: bool) -> Option<String> {
    let manifests = ["requirements", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "tox.ini"];
    let is_manifest =
        |path: &str| manifests.iter().any(|name| path.rsplit('/').next().unwrap_or_default().starts_with(name));
    let names = |package: &str| {
        let in_manifest = project.tree.files.iter().any(|file| is_manifest(&file.path) && file.text.contains(package));
        in_manifest
            || project.modules.iter().any(|module| module.imports.values().any(|target| target.module == package))
    };
    let wanted: &[&str] = if is_flask { &["pytest"] } else { &["pytest", "httpx"] };
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !names(package)).collect();
    let names = missing.join(" and ");

    (!missing.is_empty()).then(|| format!("the test needs {names}, which no manifest of the project names"))
}

fn django_test(project: &Project, entry: &RouteEntry, plan: TestPlan) -> Result<TestProposal, TestFault> {
    // The database of Django's tests is empty: without a way to make the object, only a running server has it.
    let has_data = plan.makes() || !plan.facts.path.contains('{') && !plan.refused.is_empty();
    let needs_token = plan.facts.attack == AttackKind::DamagedToken;
    // A sign-in over the API needs an account, which only a sign-up makes in an empty database.
    let can_sign_in = plan.facts.sign_in.is_none() || plan.facts.sign_up.is_some();
    let manage = project.tree.files.iter().find(|file| file.path.rsplit('/').next() == Some("manage.py"));
    let Some(manage) = manage.filter(|_| has_data && can_sign_in && !needs_token) else {
        return server_test(project, plan);
    };
    let root = super::place::folder_of(&manage.path).to_owned();
    let has_rest = project.modules.iter().any(|module| {
        module.imports.values().chain(&module.stars).any(|target| target.module.starts_with("rest_framework"))
    });
    let text = python::write_test(&plan, &clients::for_django(&plan, has_rest));
    let folder = django_folder(project, entry, &root);
    let path = free_path(project, &folder, &format!("test_routewarden_{}", plan.slug()), ".py")?;
    let label = from_folder(&path, &root).trim_end_matches(".py").replace('/', ".");
    let run = run_in(&root, &format!("python manage.py test {label}"));
    let mut needs_review = Vec::new();
    let mut plan = plan;

    // Django's test client signs users in without a token.
    if plan.facts.sign_in.is_none() {
        plan.environment.clear();
        plan.needs_review.retain(|said| !said.starts_with("tokens come from"));
        needs_review.push(
            "the test makes its users with a name alone: a user model that needs more wants more fields".to_owned(),
        );
    }

    Ok(build_proposal(plan, (path, text, run), needs_review))
}

/// The tests of the application that the route is in, where it has a folder for them; else beside its views.
fn django_folder(project: &Project, entry: &RouteEntry, root: &str) -> String {
    let own = super::place::folder_of(&entry.handler.file);
    let tests = path_below(own, "tests");

    // A folder of tests beside the views is found by Django's own runner.
    if project.tree.files.iter().any(|file| is_within(&file.path, &tests)) {
        return tests;
    }
    if is_within(&path_below(own, "x"), root) { own.to_owned() } else { root.to_owned() }
}

fn node_test(project: &Project, entry: &RouteEntry, plan: TestPlan) -> Result<TestProposal, TestFault> {
    let mut node = node_app::read_project(project, entry);
    // Applications of NestJS are made asynchronously, by a module that a test cannot guess.
    if entry.framework == FrameworkName::NestJs {
        node.app = None;
        node.program = None;
    }
    // The clock is put back in the process of the test, which must be that of the application.
    if plan.facts.attack == AttackKind::OldToken && node.app.is_none() {
        return Err(TestFault::Clock);
    }
    // Without a manifest that says so, only the ending makes Node read a module.
    let end = if node.runner == NodeRunner::Node && node.app.is_none() { ".test.mjs" } else { ".test.js" };
    let path = free_path(project, &node.folder, &format!("routewarden_{}", plan.slug()), end)?;
    let text = node::write_test(&plan, &node, &path);
    let file = shell_word(from_folder(&path, &node.root));
    let command = match node.runner {
        NodeRunner::Vitest => format!("npx vitest run {file}"),
        NodeRunner::Jest => format!("npx jest {file}"),
        NodeRunner::Mocha => format!("npx mocha {file}"),
        NodeRunner::Node => format!("node --test {file}"),
    };

    let run = run_in(&node.root, &command);
    let mut plan = plan;
    let mut needs_review = Vec::new();

    if node.needs_server() {
        plan.environment.push("BASE_URL".to_owned());
        needs_review.push(NEEDS_SERVER.to_owned());
    }
    Ok(build_proposal(plan, (path, text, run), needs_review))
}

fn spring_test(project: &Project, plan: TestPlan) -> Result<TestProposal, TestFault> {
    let class = format!("Routewarden{}Test", plan.class_name());
    let first = spring::write_test(project, &plan, &class)?;
    let path = free_path(project, &first.folder, &class, ".java")?;
    let name = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".java").to_owned();

    // A class is called as its file is.
    let test = if name == first.class { first } else { spring::write_test(project, &plan, &name)? };
    let review = vec![format!(
        "the test starts the application{}: its data source must be one for tests",
        if test.root.is_empty() { String::new() } else { format!(" of {}", test.root) }
    )];

    Ok(build_proposal(plan, (path, test.text, test.run), review))
}

fn go_test(project: &Project, entry: &RouteEntry, plan: TestPlan) -> Result<TestProposal, TestFault> {
    let test = go::write_test(project, entry, &plan)?;
    let path = free_path(project, &test.folder, &format!("routewarden_{}", plan.slug()), "_test.go")?;

    // A second test for the same operation has a function of its own.
    let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches("_test.go");
    let number = stem.strip_prefix(&format!("routewarden_{}", plan.slug())).unwrap_or_default().replace('_', "");
    let name = format!("TestRoutewarden{}{number}", plan.class_name());
    let text = test.text.replace(&format!("TestRoutewarden{}(", plan.class_name()), &format!("{name}("));
    let folder = path_below(".", &test.folder);
    let run = format!("go test {} -run '^{name}$'", shell_word(folder.trim_end_matches('/')));
    let mut plan = plan;
    let mut needs_review = Vec::new();

    if test.needs_server {
        plan.environment.push("BASE_URL".to_owned());
        needs_review.push(NEEDS_SERVER.to_owned());
    }
    Ok(build_proposal(plan, (path, text, run), needs_review))
}

/// A test for a running server, in Python's standard library.
fn server_test(project: &Project, plan: TestPlan) -> Result<TestProposal, TestFault> {
    if plan.facts.attack == AttackKind::OldToken {
        return Err(TestFault::Clock);
    }
    let client: PythonClient = clients::for_server(&plan);
    let text = python::write_test(&plan, &client);
    let folder = python_app::server_folder(project);
    let path = free_path(project, &folder, &format!("test_routewarden_{}", plan.slug()), ".py")?;
    let run = format!("python -m unittest {}", shell_word(&path));
    let mut plan = plan;
    plan.environment.push("BASE_URL".to_owned());

    Ok(build_proposal(plan, (path, text, run), vec![NEEDS_SERVER.to_owned()]))
}

fn build_proposal(plan: TestPlan, (path, text, run): (String, String, String), more: Vec<String>) -> TestProposal {
    let mut needs_review = more;
    needs_review.extend(plan.needs_review);
    TestProposal { path, text, run, environment: plan.environment, needs_review }
}
