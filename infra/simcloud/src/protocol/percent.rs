//! Percent-decoding of paths, queries and forms.

/// The text behind `%41`-escapes; what is no escape stays as it is, and what is not UTF-8 is replaced.
pub(super) fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = tail;
                }
                _ => decoded.push(b'%'),
            },
            _ => decoded.push(first),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The pairs of a query string or form, in which `+` is a space.
pub(super) fn pairs(form: &str) -> impl Iterator<Item = (String, String)> + '_ {
    form.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::{decode, pairs};

    #[test]
    fn an_arn_in_a_path_comes_back_whole() {
        assert_eq!(decode("arn%3Aaws%3Adynamodb%3Atable%2Forders"), "arn:aws:dynamodb:table/orders");
    }

    #[test]
    fn a_stray_percent_sign_is_kept() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%41"), "%zzA");
    }

    #[test]
    fn a_plus_in_a_form_is_a_space() {
        assert_eq!(pairs("a=b+c&d").collect::<Vec<_>>(), [("a".into(), "b c".into()), ("d".into(), String::new())]);
    }
}
