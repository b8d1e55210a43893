//! Functions: their names, their sizes, the air in their bodies.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::{ParsedFile, percent};

/// One function or method of the source.
pub(crate) struct MeasuredFunction {
    /// Its name.
    pub name: String,
    /// `path:line`.
    pub place: String,
    /// From the line of its name to its closing brace.
    pub lines: usize,
    /// `self` left out.
    pub parameters: usize,
    /// No method: it has no type that helps to understand its name.
    pub is_free: bool,
    /// An error that is a bare text.
    pub fails_with_text: bool,
}

/// All functions of the source and the lines between their braces.
#[derive(Default)]
pub(crate) struct FunctionMeasures {
    /// In the order of the files.
    pub functions: Vec<MeasuredFunction>,
    blank: usize,
    comments: usize,
    body_lines: usize,
    widths: Vec<usize>,
}

impl FunctionMeasures {
    /// Measures all functions of the files.
    pub(crate) fn of(files: &[ParsedFile]) -> Self {
        let mut measures = Self::default();
        for file in files {
            let mut visitor = FunctionVisitor { file, measures: &mut measures };
            visitor.visit_file(&file.tree);
        }
        measures.widths.sort_unstable();
        measures
    }

    /// The share of free functions whose name is one word, in percent.
    pub(crate) fn one_word_names(&self) -> f64 {
        let free = self.functions.iter().filter(|function| function.is_free);
        let one_word = free.clone().filter(|function| !function.name.contains('_') && function.name != "main");
        percent(one_word.count(), free.count())
    }

    /// The share of blank lines in bodies, in percent.
    pub(crate) fn blank_lines(&self) -> f64 {
        percent(self.blank, self.body_lines)
    }

    /// The share of comment lines in bodies, in percent.
    pub(crate) fn comment_lines(&self) -> f64 {
        percent(self.comments, self.body_lines)
    }

    /// The width that nine of ten lines of code in bodies do not pass, in characters.
    pub(crate) fn width(&self) -> usize {
        self.widths.get(self.widths.len() * 9 / 10).copied().unwrap_or(0)
    }

    /// Functions that a test finds fault with.
    pub(crate) fn faulty(&self, fault: impl Fn(&MeasuredFunction) -> bool) -> Vec<&MeasuredFunction> {
        self.functions.iter().filter(|function| fault(function)).collect()
    }

    /// Draws functions at random, always the same ones for a seed.
    pub(crate) fn draw(&self, count: usize, seed: u64) -> Vec<&MeasuredFunction> {
        let mut left: Vec<&MeasuredFunction> = self.functions.iter().collect();
        let mut state = seed;
        let mut drawn = Vec::new();
        while drawn.len() < count && !left.is_empty() {
            // A linear congruential generator (Knuth, MMIX) is random enough to choose what is read.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            drawn.push(left.swap_remove((state >> 33) as usize % left.len()));
        }
        drawn
    }

    fn add(&mut self, file: &ParsedFile, signature: &syn::Signature, block: &syn::Block, is_free: bool) {
        let (start, end) = (signature.fn_token.span().start().line, block.span().end().line);
        let parameters = signature.inputs.iter().filter(|input| matches!(input, syn::FnArg::Typed(_)));
        self.functions.push(MeasuredFunction {
            name: signature.ident.to_string(),
            place: format!("{}:{start}", file.path),
            lines: end + 1 - start,
            parameters: parameters.count(),
            is_free,
            fails_with_text: fails_with_text(&signature.output),
        });
        let open = block.brace_token.span.open().start().line;
        for line in file.text.lines().take(end.saturating_sub(1)).skip(open) {
            self.add_line(line);
        }
    }

    fn add_line(&mut self, line: &str) {
        let code = line.trim();
        self.body_lines += 1;
        if code.is_empty() {
            self.blank += 1;
        } else if code.starts_with("//") {
            self.comments += 1;
        } else {
            self.widths.push(line.trim_end().chars().count());
        }
    }
}

/// Returns true for `Result<_, String>`.
fn fails_with_text(output: &syn::ReturnType) -> bool {
    let syn::ReturnType::Type(_, kind) = output else { return false };
    let syn::Type::Path(path) = kind.as_ref() else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else { return false };
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    let second = arguments.args.iter().nth(1);
    matches!(second, Some(syn::GenericArgument::Type(syn::Type::Path(path))) if path.path.is_ident("String"))
}

struct FunctionVisitor<'a> {
    file: &'a ParsedFile,
    measures: &'a mut FunctionMeasures,
}

impl<'ast> Visit<'ast> for FunctionVisitor<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measures.add(self.file, &item.sig, &item.block, true);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measures.add(self.file, &item.sig, &item.block, false);
    }
}
