//! The allow-list: the accounts and Regions that jobs may name.

use std::{fmt, str::FromStr};

use chainwright_contracts::{
    arn::Arn,
    codes,
    names::{AccountId, Region},
};

use crate::error::JobError;

/// Accounts and Regions that jobs may name, written `ACCOUNT/REGION`, either of them `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    account: Option<AccountId>,
    region: Option<Region>,
}

/// The text is not an allow-list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not ACCOUNT/REGION: twelve digits or *, a slash, a Region's name or *")]
pub struct InvalidAllow {
    /// The item that could not be read.
    pub text: String,
}

impl Allow {
    /// Any Region of one account: what holds when nothing is configured.
    #[must_use]
    pub fn account(account: AccountId) -> Self {
        Self(vec![Rule { account: Some(account), region: None }])
    }

    /// Whether jobs may name this resource.
    ///
    /// # Errors
    /// A rejection, where they may not.
    pub fn check(&self, resource: &Arn) -> Result<(), JobError> {
        self.check_place(resource.account(), resource.region())
    }

    /// Whether jobs may work in this account and Region.
    ///
    /// # Errors
    /// A rejection, where they may not.
    pub fn check_place(&self, account: &str, region: &str) -> Result<(), JobError> {
        let fits = |rule: &Rule| {
            rule.account.as_ref().is_none_or(|allowed| allowed.as_str() == account)
                && rule.region.as_ref().is_none_or(|allowed| allowed.as_str() == region)
        };
        if self.0.iter().any(fits) {
            return Ok(());
        }
        let reason = format!("{account}/{region} is not in the allow-list {self}");
        Err(JobError::rejected(codes::NOT_ALLOWED, reason))
    }
}

impl FromStr for Allow {
    type Err = InvalidAllow;

    /// Reads a list with commas between its items.
    fn from_str(text: &str) -> Result<Self, InvalidAllow> {
        text.split(',').map(str::trim).map(rule).collect::<Result<_, _>>().map(Self)
    }
}

fn rule(text: &str) -> Result<Rule, InvalidAllow> {
    let invalid = || InvalidAllow { text: text.to_owned() };
    let (account, region) = text.split_once('/').ok_or_else(invalid)?;
    Ok(Rule {
        account: if account == "*" { None } else { Some(account.parse().map_err(|_| invalid())?) },
        region: if region == "*" { None } else { Some(region.parse().map_err(|_| invalid())?) },
    })
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            let account = rule.account.as_ref().map_or("*", AccountId::as_str);
            let region = rule.region.as_ref().map_or("*", Region::as_str);
            write!(f, "{}{account}/{region}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(account: &str, region: &str) -> Arn {
        format!("arn:aws:dynamodb:{region}:{account}:table/orders").parse().unwrap()
    }

    #[test]
    fn a_list_allows_what_one_of_its_items_names() {
        let allow: Allow = "111122223333/*, */eu-west-1".parse().unwrap();
        assert!(allow.check(&table("111122223333", "us-east-1")).is_ok());
        assert!(allow.check(&table("999988887777", "eu-west-1")).is_ok());
        assert!(allow.check(&table("999988887777", "us-east-1")).is_err());
        assert_eq!(allow.to_string(), "111122223333/*,*/eu-west-1");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "*", "1/eu-west-1", "*/nowhere", "*/*,"] {
            assert!(text.parse::<Allow>().is_err(), "{text}");
        }
    }
}
