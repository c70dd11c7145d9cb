//! Exact decimals, as DynamoDB's type N has them: up to 38 significant digits, magnitudes from 1E-130 to below 1E+126
//! (DynamoDB developer guide, "Supported data types and naming rules").

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Invalid;

/// DynamoDB keeps this many significant digits.
const MAX_DIGITS: usize = 38;
/// With digits read as 0.d1d2d3…, these are the smallest and largest exponents of ten that DynamoDB takes.
const MIN_EXPONENT: i32 = -129;
const MAX_EXPONENT: i32 = 126;

/// 0.d1d2d3… × 10^exponent. Neither end of the digits is zero, so each number has one form; zero has no digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub(crate) struct Number {
    negative: bool,
    exponent: i32,
    digits: Vec<u8>,
}

impl Number {
    fn new(negative: bool, mut exponent: i32, mut digits: Vec<u8>) -> Result<Self, Invalid> {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..leading);
        if digits.is_empty() {
            return Ok(Self { negative: false, exponent: 0, digits });
        }
        exponent = exponent.saturating_sub(i32::try_from(leading).unwrap_or(i32::MAX));
        if digits.len() > MAX_DIGITS {
            return Err(Invalid::new("Attempting to store more than 38 significant digits in a Number"));
        }
        if exponent > MAX_EXPONENT {
            return Err(Invalid::new(
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            ));
        }
        if exponent < MIN_EXPONENT {
            return Err(Invalid::new(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            ));
        }
        Ok(Self { negative, exponent, digits })
    }

    /// The sum, exact or refused.
    pub(crate) fn plus(&self, other: &Self) -> Result<Self, Invalid> {
        let scale = self.last_place().min(other.last_place());
        let (left, right) = (self.scaled_to(scale), other.scaled_to(scale));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, add(&left, &right))
        } else if compare(&left, &right) == Ordering::Less {
            (other.negative, subtract(&right, &left))
        } else {
            (self.negative, subtract(&left, &right))
        };
        let exponent = scale + i32::try_from(digits.len()).unwrap_or(i32::MAX);
        Self::new(negative, exponent, digits)
    }

    /// The difference, exact or refused.
    pub(crate) fn minus(&self, other: &Self) -> Result<Self, Invalid> {
        let negated = Self { negative: !other.negative && !other.digits.is_empty(), ..other.clone() };
        self.plus(&negated)
    }

    /// The whole seconds that a TTL attribute holds; `None` for what no timestamp could be.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        self.to_string().parse().ok()
    }

    /// How many bytes DynamoDB counts for a number: about one for two digits, and one.
    pub(crate) fn size(&self) -> usize {
        self.digits.len().div_ceil(2) + 1
    }

    /// The power of ten of the last digit.
    fn last_place(&self) -> i32 {
        self.exponent - self.length()
    }

    fn length(&self) -> i32 {
        // A number never has more than 38 digits.
        i32::try_from(self.digits.len()).unwrap_or(i32::MAX)
    }

    /// The digits of |self| / 10^place, which must divide.
    fn scaled_to(&self, place: i32) -> Vec<u8> {
        let zeros = usize::try_from(self.last_place() - place).unwrap_or(0);
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            digits.resize(digits.len() + zeros, 0);
        }
        digits
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        let digits: Vec<u8> = value.to_string().bytes().map(|byte| byte - b'0').collect();
        let exponent = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let mut number = Self { negative: false, exponent, digits };
        while number.digits.last() == Some(&0) {
            number.digits.pop();
        }
        if number.digits.is_empty() {
            number.exponent = 0;
        }
        number
    }
}

impl FromStr for Number {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(format!("The parameter cannot be converted to a numeric value: {text}"));
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().map_err(|_| invalid())?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(invalid());
        }
        let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let exponent = power.saturating_add(i32::try_from(whole.len()).unwrap_or(i32::MAX));
        Self::new(negative, exponent, digits)
    }
}

impl fmt::Display for Number {
    /// Plain notation without superfluous zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        let mut text = String::from(if self.negative { "-" } else { "" });
        let digit = |place: i32| {
            let found = usize::try_from(place).ok().and_then(|place| self.digits.get(place));
            char::from(b'0' + found.copied().unwrap_or(0))
        };
        if self.exponent <= 0 {
            text.push('0');
        }
        for place in 0..self.exponent {
            text.push(digit(place));
        }
        if self.length() > self.exponent {
            text.push('.');
            for place in self.exponent.min(0)..self.length() {
                if place >= self.exponent {
                    text.push(digit(place));
                }
            }
        }
        f.write_str(&text)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares whole numbers given by their digits, most significant first, without leading zeros.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn add(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut sum = Vec::with_capacity(left.len().max(right.len()) + 1);
    let mut carry = 0;
    let (mut left, mut right) = (left.iter().rev(), right.iter().rev());
    loop {
        let pair = (left.next(), right.next());
        if pair == (None, None) {
            break;
        }
        let total = pair.0.copied().unwrap_or(0) + pair.1.copied().unwrap_or(0) + carry;
        sum.push(total % 10);
        carry = total / 10;
    }
    sum.push(carry);
    sum.reverse();
    sum
}

/// Needs left >= right.
fn subtract(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut difference = Vec::with_capacity(left.len());
    let mut borrow = 0;
    let mut right = right.iter().rev();
    for digit in left.iter().rev() {
        let take = right.next().copied().unwrap_or(0) + borrow;
        borrow = u8::from(*digit < take);
        difference.push(*digit + 10 * borrow - take);
    }
    difference.reverse();
    difference
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_printed_in_one_plain_form() {
        for (text, plain) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-.5", "-0.5"),
            ("1e3", "1000"),
            ("12.34E-4", "0.001234"),
            ("100", "100"),
            ("10.01", "10.01"),
        ] {
            assert_eq!(number(text).to_string(), plain, "{text}");
        }
    }

    #[test]
    fn numbers_are_ordered_by_value_and_not_by_text() {
        let ordered = ["-1e20", "-10", "-9.5", "-0.001", "0", "1e-130", "0.09", "0.1", "9", "10", "10.5", "9.9e125"];
        for pair in ordered.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(number("0.1").plus(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("1").minus(&number("1000.001")).unwrap(), number("-999.001"));
        assert_eq!(number("-5").plus(&number("5")).unwrap(), number("0"));
        assert_eq!(number("99").plus(&number("1")).unwrap().to_string(), "100");
        assert_eq!(Number::from(1200).to_string(), "1200");
    }

    #[test]
    fn more_than_38_digits_and_what_is_no_number_are_refused() {
        assert!("1".repeat(38).parse::<Number>().is_ok());
        assert!("1".repeat(39).parse::<Number>().is_err());
        assert!(number("1e38").plus(&number("0.1")).is_err());
        for text in ["", "-", "1e", "1e200", "1e-131", "0x1", "1.2.3", "NaN"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }
}
