//! Update expressions: their tree and its reader.

use super::Placeholders;
use super::parser::Parser;
use super::path::Path;
use crate::dynamodb::Invalid;
use crate::dynamodb::value::Value;

/// What SET assigns.
#[derive(Clone, Debug)]
pub(crate) enum Assigned {
    Term(Term),
    Sum(Term, Term),
    Difference(Term, Term),
}

/// A part of what SET assigns.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Path(Path),
    Value(Value),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
}

/// An update with all placeholders replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Update {
    pub(crate) set: Vec<(Path, Assigned)>,
    pub(crate) remove: Vec<Path>,
    pub(crate) add: Vec<(Path, Value)>,
    pub(crate) delete: Vec<(Path, Value)>,
}

impl Update {
    /// Reads `UpdateExpression`.
    pub(crate) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, Invalid> {
        let mut parser = Parser::new("UpdateExpression", text, placeholders)?;
        let mut update = Self::default();
        while parser.peek().is_some() {
            update.clause(&mut parser)?;
        }
        update.check_overlaps(&parser)?;
        Ok(update)
    }

    fn clause(&mut self, parser: &mut Parser<'_>) -> Result<(), Invalid> {
        if parser.keyword("SET") {
            first(parser, "SET", self.set.is_empty())?;
            return list(parser, &mut self.set, |parser| {
                let path = parser.path()?;
                parser.need("=")?;
                Ok((path, assigned(parser)?))
            });
        }
        if parser.keyword("REMOVE") {
            first(parser, "REMOVE", self.remove.is_empty())?;
            return list(parser, &mut self.remove, Parser::path);
        }
        if parser.keyword("ADD") {
            first(parser, "ADD", self.add.is_empty())?;
            return list(parser, &mut self.add, path_and_value);
        }
        if parser.keyword("DELETE") {
            first(parser, "DELETE", self.delete.is_empty())?;
            return list(parser, &mut self.delete, path_and_value);
        }
        Err(parser.unexpected())
    }

    /// Every path that the update writes.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Path> {
        let set = self.set.iter().map(|(path, _)| path);
        let changed = self.add.iter().chain(&self.delete).map(|(path, _)| path);
        set.chain(&self.remove).chain(changed)
    }

    fn check_overlaps(&self, parser: &Parser<'_>) -> Result<(), Invalid> {
        let targets: Vec<&Path> = self.targets().collect();
        for (position, one) in targets.iter().enumerate() {
            for two in targets.iter().skip(position + 1) {
                if one.overlaps(two) {
                    return Err(parser.wrong(&format!(
                        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
                    )));
                }
                if one.conflicts(two) {
                    return Err(parser.wrong(&format!(
                        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn first(parser: &Parser<'_>, section: &str, is_first: bool) -> Result<(), Invalid> {
    if is_first {
        return Ok(());
    }
    Err(parser.wrong(&format!("The \"{section}\" section can only be used once in an update expression;")))
}

fn list<'a, T>(
    parser: &mut Parser<'a>,
    into: &mut Vec<T>,
    read: impl Fn(&mut Parser<'a>) -> Result<T, Invalid>,
) -> Result<(), Invalid> {
    into.push(read(parser)?);
    while parser.take(",") {
        into.push(read(parser)?);
    }
    Ok(())
}

fn path_and_value(parser: &mut Parser<'_>) -> Result<(Path, Value), Invalid> {
    let path = parser.path()?;
    let Some(value) = parser.value()? else { return Err(parser.unexpected()) };
    Ok((path, value))
}

fn assigned(parser: &mut Parser<'_>) -> Result<Assigned, Invalid> {
    let bracketed = parser.take("(");
    let left = term(parser)?;
    let assigned = if parser.take("+") {
        Assigned::Sum(left, term(parser)?)
    } else if parser.take("-") {
        Assigned::Difference(left, term(parser)?)
    } else {
        Assigned::Term(left)
    };
    if bracketed {
        parser.need(")")?;
    }
    Ok(assigned)
}

fn term(parser: &mut Parser<'_>) -> Result<Term, Invalid> {
    if let Some(value) = parser.value()? {
        return Ok(Term::Value(value));
    }
    let Some(name) = parser.function() else { return Ok(Term::Path(parser.path()?)) };
    let read = match name.as_str() {
        "if_not_exists" => {
            let path = parser.path()?;
            parser.need(",")?;
            Term::IfNotExists(path, Box::new(term(parser)?))
        }
        "list_append" => {
            let left = term(parser)?;
            parser.need(",")?;
            Term::ListAppend(Box::new(left), Box::new(term(parser)?))
        }
        _ => return Err(parser.wrong(&format!("Invalid function name; function: {name}"))),
    };
    parser.need(")")?;
    Ok(read)
}
