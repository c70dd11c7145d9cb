//! DynamoDB's expressions: conditions, key conditions, filters, updates and projections.
//!
//! An expression is read once into a tree in which every placeholder is already replaced ([`Placeholders`]); what the
//! request defined but used nowhere is then refused, as DynamoDB does. Conditions are evaluated against an item in
//! [`condition`], updates applied to one in [`apply`].

pub(crate) mod apply;
pub(crate) mod condition;
pub(crate) mod key_condition;
mod lexer;
mod parser;
mod path;
mod placeholders;
pub(crate) mod projection;
pub(crate) mod update;

pub(crate) use placeholders::Placeholders;
