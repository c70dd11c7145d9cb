//! A chain looked at in AWS and left as it is: what would be removed, and where ledger and AWS differ.
//!
//! Nothing is written down, and nothing is told on a context without a bus. The plan is that of a prune.

use std::collections::BTreeSet;

use chainwright_aws::sources::Source;
use chainwright_chain::{
    exchange::{ObservedPoint, PointStatus},
    prune::Chain,
    state::{Owner, PointRecord, SideRecord, SideState},
};
use chainwright_contracts::{
    codes::{self, Code},
    ids::{ChainId, PointId},
    jobs::Side,
    sealed::Record,
};
use jiff::Timestamp;

use crate::{
    Context,
    claim::{self, Claim},
    error::JobError,
    ledger::Family,
    prune::{PointOf, prove_newest, view},
    sight::Sight,
};

/// A chain as a prune would see it now: what AWS does not have is lost, and the seals of the newest points are opened.
#[derive(Debug, Clone)]
pub struct Survey {
    family: Family,
    sight: Sight,
}

impl Survey {
    /// Looks at a chain.
    ///
    /// # Errors
    /// Where the chain is unknown, or AWS or the ledger do not answer.
    pub async fn of(ctx: &Context, chain: &ChainId) -> Result<Self, JobError> {
        let (mut family, source) = known(ctx, chain).await?;
        let mut sight = Sight::of(ctx, source, &family).await?;
        for point in &mut family.points {
            for side in point.value.sides.values_mut() {
                if let (SideState::Available, Some(arn)) = (side.state, &side.arn)
                    && !sight.finds(source, &side.place, arn).await?
                {
                    side.state = SideState::Lost;
                }
            }
        }
        prove_newest(ctx, source, &mut family, &sight).await?;
        Ok(Self { family, sight })
    }

    /// What a prune would plan with.
    #[must_use]
    pub fn input(&self) -> Chain<PointOf> {
        view(&self.family, Some(&self.sight), self.sight.date)
    }

    /// The Date of AWS's listing, which is now for the plan.
    #[must_use]
    pub fn date(&self) -> Timestamp {
        self.sight.date
    }
}

/// A chain of which every seal was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many points at AWS were looked at, sides counted.
    pub opened: usize,
    /// Where AWS and the ledger differ, by point and side; what the ledger does not know last.
    pub differences: Vec<Difference>,
}

/// One thing in which AWS and the ledger differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The point that the ledger or the seal names.
    pub point: Option<PointId>,
    /// Its side.
    pub side: Option<Side>,
    /// The point at AWS.
    pub arn: String,
    /// The code, whose page says what to do.
    pub code: Code,
    /// In which way they differ.
    pub what: String,
}

/// Opens every seal of a chain and compares it with the ledger. `told` hears how many of how many are done.
///
/// # Errors
/// As [`Survey::of`].
pub async fn verify(ctx: &Context, chain: &ChainId, mut told: impl FnMut(usize, usize)) -> Result<Verified, JobError> {
    let (family, source) = known(ctx, chain).await?;
    let mut sight = Sight::of(ctx, source, &family).await?;
    let mut verified = Verified { opened: 0, differences: Vec::new() };
    let recorded: Vec<(&PointRecord, &Side, &SideRecord)> = family
        .points
        .iter()
        .flat_map(|point| point.value.sides.iter().map(|(side, record)| (&point.value, side, record)))
        .filter(|(_, _, record)| record.arn.is_some())
        .collect();
    let mut met = BTreeSet::new();
    for (index, (point, side, record)) in recorded.iter().enumerate() {
        told(index, recorded.len());
        let arn = record.arn.clone().unwrap_or_default();
        for (code, what) in verified.compare(ctx, source, &mut sight, point, side, record).await? {
            let (point, side, arn) = (Some(point.id.clone()), Some((*side).clone()), arn.clone());
            verified.differences.push(Difference { point, side, arn, code, what });
        }
        met.insert(arn);
    }
    for observed in sight.points.values().filter(|seen| seen.status == PointStatus::Available) {
        if !met.contains(&observed.arn) {
            verified.differences.extend(stranger(ctx, source, chain, observed).await?);
        }
    }
    Ok(verified)
}

impl Verified {
    async fn compare(
        &mut self,
        ctx: &Context,
        source: &dyn Source,
        sight: &mut Sight,
        point: &PointRecord,
        side: &Side,
        record: &SideRecord,
    ) -> Result<Vec<(Code, String)>, JobError> {
        let arn = record.arn.clone().unwrap_or_default();
        let there = match record.state {
            SideState::Available => sight.finds(source, &record.place, &arn).await?,
            _ => sight.points.contains_key(&arn),
        };
        let Some(observed) = sight.of_side(point, side).filter(|_| there) else {
            let gone = record.state == SideState::Available;
            return Ok(if gone {
                vec![(codes::POINT_LOST, format!("it is gone from {}", record.place))]
            } else {
                vec![]
            });
        };
        match (record.state, observed.status) {
            (SideState::Available, PointStatus::Available) => {}
            (SideState::Available, other) => {
                return Ok(vec![(codes::POINT_LOST, format!("the ledger counts it as available; AWS says {other:?}"))]);
            }
            (SideState::Lost | SideState::Removed, PointStatus::Available) => {
                return Ok(vec![(codes::POINT_LOST, "the ledger counts it as gone, and AWS has it".to_owned())]);
            }
            _ => return Ok(Vec::new()),
        }
        self.opened += 1;
        Ok(match claim::read(ctx, source, observed).await? {
            Claim::Opens(seal) => match claim::fits(&seal.record, observed, point, record) {
                Ok(()) => differing(&seal.record, seal.held, point, side, record),
                Err(why) => vec![(codes::SEAL_BROKEN, why)],
            },
            Claim::NotOurs => vec![(codes::SEAL_BROKEN, "it carries no sealed metadata any more".to_owned())],
            Claim::Broken(why) => vec![(codes::SEAL_BROKEN, why)],
            Claim::Gone => vec![(codes::POINT_LOST, format!("it is gone from {}", record.place))],
        })
    }
}

/// In what a seal and the ledger differ about one side of a point.
fn differing(
    sealed: &Record,
    held: bool,
    point: &PointRecord,
    side: &Side,
    record: &SideRecord,
) -> Vec<(Code, String)> {
    let mut all = Vec::new();
    let mut check = |same: bool, what: &str| {
        if !same {
            all.push((codes::SEAL_BROKEN, format!("seal and ledger differ in {what}")));
        }
    };
    check(sealed.side(side).is_some_and(|sealed| sealed.flags == record.flags), "its flags or their expiries");
    check(sealed.slot == point.slot, "its slot");
    check(sealed.keep_last.unwrap_or_default() == point.keep_last, "keep_last");
    check(sealed.policy == point.policy && sealed.revision == point.revision, "its policy or the policy's revision");
    check(sealed.incarnation == point.incarnation, "the resource's incarnation");
    check(sealed.keep_until == point.keep_until, "its end");
    check(held == point.hold.is_some(), "whether it is held");
    all
}

/// What AWS lists, and the ledger does not know.
async fn stranger(
    ctx: &Context,
    source: &dyn Source,
    chain: &ChainId,
    observed: &ObservedPoint,
) -> Result<Option<Difference>, JobError> {
    let difference =
        |point, code, what: String| Difference { point, side: None, arn: observed.arn.clone(), code, what };
    Ok(match claim::read(ctx, source, observed).await? {
        Claim::Opens(seal) if seal.record.chain.as_ref() == Some(chain) => {
            let what = "its seal names this chain, and the ledger does not know it".to_owned();
            Some(difference(Some(seal.record.point), codes::TWO_CLAIMANTS, what))
        }
        Claim::Broken(why) => Some(difference(None, codes::FOREIGN_POINT, why)),
        Claim::Opens(_) | Claim::NotOurs | Claim::Gone => None,
    })
}

async fn known<'c>(ctx: &'c Context, chain: &ChainId) -> Result<(Family, &'c dyn Source), JobError> {
    let unknown = || JobError::rejected(codes::NO_SUCH_CHAIN, format!("the ledger knows no chain {chain}"));
    let family = ctx.ledger().family(&Owner::Chain(chain.clone())).await?.ok_or_else(unknown)?;
    let source = ctx.source_of(&family.chain.value.resource)?.1.as_ref();
    Ok((family, source))
}
