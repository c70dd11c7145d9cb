//! The comparisons that a leaf of a pattern makes.

use std::net::IpAddr;

use serde_json::Value;

#[derive(Clone, Debug)]
pub(super) enum Test {
    Equals(Value),
    EqualsIgnoreCase(String),
    Prefix(String),
    PrefixIgnoreCase(String),
    Suffix(String),
    SuffixIgnoreCase(String),
    /// The pieces between the asterisks.
    Wildcard(Vec<String>),
    Numeric(Vec<Bound>),
    Cidr(Cidr),
    Exists(bool),
    AnythingBut(Vec<Test>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    Equal(f64),
    Less(f64),
    AtMost(f64),
    More(f64),
    AtLeast(f64),
}

/// A network and the length of its prefix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cidr {
    network: u128,
    length: u32,
    v4: bool,
}

impl Test {
    /// Whether the field holds a value that passes. Of a list, one entry must pass; an empty list is an absent field.
    pub(super) fn matches_field(&self, value: Option<&Value>) -> bool {
        let present = match value {
            None | Some(Value::Object(_)) => false,
            Some(Value::Array(entries)) => !entries.is_empty(),
            Some(_) => true,
        };
        match (self, value) {
            (Self::Exists(wanted), value) => match value {
                // Only leaves exist or not: an object is neither.
                Some(Value::Object(_)) => false,
                _ => present == *wanted,
            },
            (_, Some(Value::Array(entries))) => entries.iter().any(|entry| self.matches(entry)),
            (_, Some(value)) if present => self.matches(value),
            _ => false,
        }
    }

    fn matches(&self, value: &Value) -> bool {
        let text = value.as_str();
        let folded = || text.map(str::to_lowercase);
        match self {
            Self::Equals(literal) => equal(literal, value),
            Self::EqualsIgnoreCase(literal) => folded().is_some_and(|text| text == *literal),
            Self::Prefix(prefix) => text.is_some_and(|text| text.starts_with(prefix)),
            Self::PrefixIgnoreCase(prefix) => folded().is_some_and(|text| text.starts_with(prefix)),
            Self::Suffix(suffix) => text.is_some_and(|text| text.ends_with(suffix)),
            Self::SuffixIgnoreCase(suffix) => folded().is_some_and(|text| text.ends_with(suffix)),
            Self::Wildcard(pieces) => text.is_some_and(|text| wildcard(pieces, text)),
            Self::Numeric(bounds) => {
                value.as_f64().is_some_and(|number| bounds.iter().all(|bound| bound.holds(number)))
            }
            Self::Cidr(cidr) => text.and_then(|text| text.parse().ok()).is_some_and(|address| cidr.contains(address)),
            Self::AnythingBut(tests) => !tests.iter().any(|test| test.matches(value)),
            Self::Exists(wanted) => *wanted,
        }
    }
}

/// Numbers are equal by value, however they are written.
fn equal(literal: &Value, value: &Value) -> bool {
    match (literal.as_f64(), value.as_f64()) {
        (Some(literal), Some(value)) => (literal - value).abs() < f64::EPSILON * literal.abs().max(1.0),
        _ => literal == value,
    }
}

/// Each piece at its first place behind the one before, the first at the start and the last at the end.
fn wildcard(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else { return pieces.iter().any(|piece| piece == text) };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some((_, behind)) = rest.split_once(piece.as_str()) else { return false };
        rest = behind;
    }
    rest.ends_with(last.as_str())
}

impl Bound {
    fn holds(self, number: f64) -> bool {
        match self {
            Self::Equal(bound) => (number - bound).abs() < f64::EPSILON * bound.abs().max(1.0),
            Self::Less(bound) => number < bound,
            Self::AtMost(bound) => number <= bound,
            Self::More(bound) => number > bound,
            Self::AtLeast(bound) => number >= bound,
        }
    }
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.parse().ok().filter(|length| *length <= width)?;
        Some(Self { network: prefix(bits(address), length), length, v4: address.is_ipv4() })
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.v4 && prefix(bits(address), self.length) == self.network
    }
}

/// The address from the highest bit down, an IPv4 address in the upper 32 bits.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn prefix(bits: u128, length: u32) -> u128 {
    bits & u128::MAX.checked_shl(128 - length).unwrap_or_default()
}
