//! The reader under all grammars: a cursor over tokens that replaces placeholders as it goes.

use super::Placeholders;
use super::lexer::{Token, tokens};
use super::path::{Path, Step};
use crate::dynamodb::Invalid;
use crate::dynamodb::value::Value;

/// A cursor over the tokens of one expression.
pub(super) struct Parser<'a> {
    /// Which of the request's expressions this is, for messages.
    kind: &'static str,
    tokens: Vec<Token>,
    position: usize,
    placeholders: &'a mut Placeholders,
}

impl<'a> Parser<'a> {
    pub(super) fn new(kind: &'static str, text: &str, placeholders: &'a mut Placeholders) -> Result<Self, Invalid> {
        let tokens = tokens(text).map_err(|e| Invalid::new(format!("Invalid {kind}: {}", e.message())))?;
        if tokens.is_empty() {
            return Err(Invalid::new(format!("Invalid {kind}: The expression can not be empty;")));
        }
        Ok(Self { kind, tokens, position: 0, placeholders })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn peek_second(&self) -> Option<&Token> {
        self.tokens.get(self.position + 1)
    }

    /// Takes the sign if it comes next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.position += usize::from(found);
        found
    }

    pub(super) fn need(&mut self, sign: &str) -> Result<(), Invalid> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes the keyword, in any case, if it comes next.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.position += usize::from(found);
        found
    }

    /// Takes a function's name and its opening bracket, if they come next.
    pub(super) fn function(&mut self) -> Option<String> {
        let (Some(Token::Word(name)), Some(Token::Sign("("))) = (self.peek(), self.peek_second()) else { return None };
        let name = name.clone();
        self.position += 2;
        Some(name)
    }

    /// Refuses what is left over.
    pub(super) fn end(&self) -> Result<(), Invalid> {
        if self.peek().is_some() { Err(self.unexpected()) } else { Ok(()) }
    }

    /// Takes a `:value` if it comes next.
    pub(super) fn value(&mut self) -> Result<Option<Value>, Invalid> {
        let Some(Token::Value(placeholder)) = self.peek() else { return Ok(None) };
        let placeholder = placeholder.clone();
        self.position += 1;
        self.placeholders.value(&placeholder).map(Some).map_err(|e| self.wrong(e.message()))
    }

    /// Takes a document path.
    pub(super) fn path(&mut self) -> Result<Path, Invalid> {
        let attribute = self.field()?;
        let mut steps = Vec::new();
        loop {
            if self.take(".") {
                steps.push(Step::Field(self.field()?));
            } else if self.take("[") {
                let Some(Token::Index(index)) = self.peek().cloned() else { return Err(self.unexpected()) };
                self.position += 1;
                self.need("]")?;
                steps.push(Step::Index(index));
            } else {
                return Ok(Path { attribute, steps });
            }
        }
    }

    fn field(&mut self) -> Result<String, Invalid> {
        match self.peek().cloned() {
            Some(Token::Word(name)) => {
                self.position += 1;
                Ok(name)
            }
            Some(Token::Name(placeholder)) => {
                self.position += 1;
                self.placeholders.name(&placeholder).map_err(|e| self.wrong(e.message()))
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn wrong(&self, message: &str) -> Invalid {
        Invalid::new(format!("Invalid {}: {message}", self.kind))
    }

    pub(super) fn unexpected(&self) -> Invalid {
        match self.peek() {
            Some(token) => self.wrong(&format!("Syntax error; token: {token:?}")),
            None => self.wrong("Syntax error; token: <EOF>"),
        }
    }
}
