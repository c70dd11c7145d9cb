//! Splits an expression into tokens.

use crate::dynamodb::Invalid;

/// One token of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: an attribute, a function or a keyword.
    Word(String),
    /// `#name`, with its sign.
    Name(String),
    /// `:value`, with its sign.
    Value(String),
    /// A list index.
    Index(usize),
    /// An operator or bracket.
    Sign(&'static str),
}

/// The two-character operators come before those that they start with.
const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ".", ",", "+", "-"];

/// All tokens of `text`, in order.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Invalid> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first)?;
        found.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(found)
}

fn next(rest: &str, first: char) -> Result<(Token, usize), Invalid> {
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let marked = usize::from(first == '#' || first == ':');
    let tail = rest.get(marked..).unwrap_or_default();
    let length = marked + tail.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tail.len());
    let text = rest.get(..length).unwrap_or_default();
    let token = match first {
        '#' if length > 1 => Token::Name(text.to_owned()),
        ':' if length > 1 => Token::Value(text.to_owned()),
        c if c.is_ascii_digit() => Token::Index(text.parse().map_err(|_| unexpected(text))?),
        c if c.is_alphabetic() || c == '_' => Token::Word(text.to_owned()),
        c => return Err(unexpected(&c.to_string())),
    };
    Ok((token, length))
}

fn unexpected(text: &str) -> Invalid {
    Invalid::new(format!("Syntax error; token: \"{text}\""))
}
