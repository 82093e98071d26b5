//! Every sentence exists in both languages, says the same facts, and is said by somebody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // it is a test

#[path = "support/source.rs"]
mod source;

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use proc_macro2::TokenTree;
use source::{Source, is_ident, is_punct, sources, string, strings};
use unicode_normalization::is_nfc;
use vanthu::i18n::{self, Lang};

/// One sentence: the facts that it names.
type Facts = BTreeSet<String>;

struct Catalogue {
    /// Key, or `key.attribute`, with the facts.
    sentences: BTreeMap<String, Facts>,
    /// The room in whose file each key stands.
    rooms: BTreeMap<String, &'static str>,
}

fn catalogue(lang: Lang) -> Catalogue {
    let mut all = Catalogue { sentences: BTreeMap::new(), rooms: BTreeMap::new() };
    for (room, text) in i18n::sources(lang) {
        let resource = parser::parse(*text)
            .unwrap_or_else(|(_, errors)| panic!("{}/{room}.ftl: {errors:?}", lang.tag()));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name.to_owned();
            let mut put = |key: String, pattern: &Pattern<&str>| {
                let mut named = Facts::new();
                facts(pattern, &mut named);
                let again = all.sentences.insert(key.clone(), named).is_some();
                assert!(!again, "{}/{room}.ftl: {key} stands there twice", lang.tag());
            };
            if let Some(value) = &message.value {
                put(id.clone(), value);
            }
            for attribute in &message.attributes {
                put(format!("{id}.{}", attribute.id.name), &attribute.value);
            }
            all.rooms.insert(id, *room);
        }
    }
    all
}

fn facts(pattern: &Pattern<&str>, named: &mut Facts) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => inline_facts(inline, named),
            Expression::Select { selector, variants } => {
                inline_facts(selector, named);
                for variant in variants {
                    facts(&variant.value, named);
                }
            }
        }
    }
}

fn inline_facts(expression: &InlineExpression<&str>, named: &mut Facts) {
    match expression {
        InlineExpression::VariableReference { id } => {
            named.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                inline_facts(argument, named);
            }
        }
        InlineExpression::Placeable { expression } => {
            if let Expression::Inline(inline) = expression.as_ref() {
                inline_facts(inline, named);
            }
        }
        _ => {}
    }
}

#[test]
fn both_languages_say_the_same() {
    let [vi, en] = Lang::ALL.map(catalogue);
    let keys = |of: &Catalogue| of.sentences.keys().cloned().collect::<BTreeSet<_>>();
    let missing: Vec<_> = keys(&vi).symmetric_difference(&keys(&en)).cloned().collect();
    assert!(missing.is_empty(), "only in one language: {missing:?}");
    for (key, facts) in &vi.sentences {
        assert_eq!(Some(facts), en.sentences.get(key), "the facts of {key}");
    }
    assert_eq!(vi.rooms, en.rooms, "a key stands in the same room's file");
}

#[test]
fn vietnamese_is_composed() {
    for (room, text) in i18n::sources(Lang::Vi) {
        for (number, line) in text.lines().enumerate() {
            assert!(is_nfc(line), "vi/{room}.ftl:{}: {line}", number + 1);
        }
    }
}

#[test]
fn every_sentence_asked_for_exists() {
    let known = catalogue(Lang::Vi);
    let asked: Vec<(String, String)> =
        sources().iter().flat_map(|source| Asked::of(source).keys).collect();
    let missing: Vec<_> =
        asked.iter().filter(|(_, key)| !known.sentences.contains_key(key)).collect();
    assert!(missing.is_empty(), "no such sentence: {missing:#?}");
}

#[test]
fn every_problem_says_what_was_kept_and_what_to_do() {
    let known = catalogue(Lang::Vi);
    let codes: Vec<(String, String)> =
        sources().iter().flat_map(|source| Asked::of(source).problems).collect();
    assert!(codes.len() > 30, "the problems were not found");
    let mut faults = Vec::new();
    for (path, code) in codes {
        for attribute in ["", ".kept", ".next"] {
            let key = format!("{code}{attribute}");
            if !known.sentences.contains_key(&key) {
                faults.push(format!("{path}: {key}"));
            }
        }
    }
    // And a sentence that is half a problem is a whole one.
    for key in known.sentences.keys() {
        for (has, lacks) in [(".kept", ".next"), (".next", ".kept")] {
            if let Some(id) = key.strip_suffix(has)
                && !known.sentences.contains_key(&format!("{id}{lacks}"))
            {
                faults.push(format!("{id} has {has} but not {lacks}"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_sentence_is_said_by_somebody() {
    let known = catalogue(Lang::Vi);
    let mut literals = Vec::new();
    for source in sources() {
        strings(&source.tokens(), &mut literals);
    }
    // Keys that are put together, such as `format!("inbound-{}", state.key())`: everything
    // up to the first hole is their prefix.
    let prefixes: BTreeSet<String> = literals
        .iter()
        .filter_map(|literal| literal.split_once('{').map(|(prefix, _)| prefix.to_owned()))
        .filter(|prefix| is_key_prefix(prefix))
        .collect();
    let literals: BTreeSet<String> = literals.into_iter().collect();
    let silent: Vec<_> = known
        .rooms
        .iter()
        .filter(|(id, _)| {
            let said = |key: &str| literals.contains(key);
            let attribute = format!("{id}.");
            !said(id)
                && !known.sentences.keys().any(|key| key.starts_with(&attribute) && said(key))
                && !prefixes.iter().any(|prefix| id.starts_with(prefix.as_str()))
        })
        .collect();
    assert!(silent.is_empty(), "nobody says: {silent:#?}");
}

/// `word-` or `word-word-`.
fn is_key_prefix(text: &str) -> bool {
    text.strip_suffix('-').is_some_and(is_key)
}

/// Lower case words joined by hyphens.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.split('-').all(|word| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The keys that a source file asks for, with its path.
#[derive(Default)]
struct Asked {
    path: String,
    keys: Vec<(String, String)>,
    problems: Vec<(String, String)>,
}

impl Asked {
    fn of(source: &Source) -> Self {
        let mut asked = Self { path: source.path.clone(), ..Self::default() };
        asked.visit(&source.tokens());
        asked
    }

    fn visit(&mut self, tokens: &[TokenTree]) {
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let at = |back: usize| index.checked_sub(back).and_then(|index| tokens.get(index));
            let is_macro = is_punct(at(1), '!') && is_ident(at(2), "t");
            let is_function = is_ident(at(1), "tr") || is_ident(at(1), "tr_args");
            let is_definition = is_ident(at(2), "fn");
            if (is_macro || is_function) && !is_definition {
                self.asked(&inner);
            }
            let is_new = is_ident(at(1), "new") && is_ident(at(4), "Problem");
            if is_new && let Some(code) = inner.first().and_then(string) {
                self.problems.push((self.path.clone(), code));
            }
            if is_problem_conversion(tokens, index) {
                let mut literals = Vec::new();
                strings(&inner, &mut literals);
                let codes = literals.into_iter().filter(|text| text.contains('-') && is_key(text));
                let path = self.path.clone();
                self.problems.extend(codes.map(|code| (path.clone(), code)));
            }
            self.visit(&inner);
        }
    }

    /// The first argument: a literal, or a choice between literals.
    fn asked(&mut self, inner: &[TokenTree]) {
        let end = inner.iter().position(|token| is_punct(Some(token), ','));
        let first = &inner[..end.unwrap_or(inner.len())];
        let mut literals = Vec::new();
        strings(first, &mut literals);
        // Inside a choice, what is no key is some other string.
        let is_whole = matches!(first, [TokenTree::Literal(_)]);
        for literal in literals {
            let id = literal.split('.').next().unwrap_or_default();
            if is_whole || (literal.contains('-') && is_key(id)) {
                self.keys.push((self.path.clone(), literal));
            }
        }
    }
}

/// Whether the group at `index` is the body of `impl From<…> for Problem`.
fn is_problem_conversion(tokens: &[TokenTree], index: usize) -> bool {
    let at = |back: usize| index.checked_sub(back).and_then(|index| tokens.get(index));
    is_ident(at(1), "Problem") && is_ident(at(2), "for")
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let text = r#"
        fn f() { t!("a-b"); i18n::tr("c-d.short"); tr(match x { A => "e-f", _ => "g-h" });
                 tr_args("i-j", &[("k-l", v)]); Problem::new("m-n", Kind::No, Blame::Input); }
        impl From<E> for Problem { fn from(e: E) -> Self { unreadable("o-p").with("q", 1) } }
    "#;
    let asked = Asked::of(&Source { path: String::new(), text: text.to_owned() });
    let names = |found: Vec<(String, String)>| found.into_iter().map(|f| f.1).collect::<Vec<_>>();
    assert_eq!(names(asked.keys), ["a-b", "c-d.short", "e-f", "g-h", "i-j"]);
    assert_eq!(names(asked.problems), ["m-n", "o-p"]);
}
