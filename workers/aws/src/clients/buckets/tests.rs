//! Buckets in virtual time, against a limit that counts as AWS's does: calls within any one second.

use std::{collections::VecDeque, future::ready};

use super::*;

/// What a service does that takes so many calls in any second.
#[derive(Default)]
struct Service {
    taken: Mutex<VecDeque<Instant>>,
    throttled: Mutex<Vec<Instant>>,
    most: Mutex<usize>,
}

const LIMIT: usize = 10;
const SECOND: Duration = Duration::from_secs(1);

impl Service {
    fn call(&self) -> Result<(), SourceError> {
        let (now, mut taken) = (Instant::now(), locked(&self.taken));
        taken.retain(|call| *call + SECOND > now);
        if taken.len() >= LIMIT {
            locked(&self.throttled).push(now);
            return Err(throttling());
        }
        taken.push_back(now);
        let mut most = locked(&self.most);
        *most = taken.len().max(*most);
        Ok(())
    }

    fn throttled_after(&self, instant: Instant) -> usize {
        locked(&self.throttled).iter().filter(|at| **at >= instant).count()
    }
}

fn throttling() -> SourceError {
    SourceError::new(Class::Transient, Api::ListTagsOfResource.operation(), "ThrottlingException", "slower")
}

fn bucket(seed: u64) -> Bucket {
    Bucket::new(Api::ListTagsOfResource, fastrand::Rng::with_seed(seed))
}

fn rate(bucket: &Bucket) -> f64 {
    locked(&bucket.pace).rate
}

/// So many good answers, one after the other.
async fn make(bucket: &Bucket, service: &Service, calls: usize) {
    for _ in 0..calls {
        while bucket.call(|| ready(service.call())).await.is_err() {}
    }
}

#[tokio::test(start_paused = true)]
async fn one_worker_alone_never_exceeds_the_limit_and_makes_nearly_all_of_it() {
    let (service, bucket, began) = (Service::default(), bucket(1), Instant::now());
    make(&bucket, &service, 1000).await;
    assert_eq!(service.throttled_after(began), 0);
    assert_eq!(*locked(&service.most), LIMIT);
    let seconds = began.elapsed().as_secs();
    assert!((100..=112).contains(&seconds), "{seconds} s for 1000 calls");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_at_once_get_their_turns_at_the_same_rate_in_the_order_in_which_they_came() {
    let (service, bucket) = (Service::default(), bucket(2));
    let order = Mutex::new(Vec::new());
    let caller = |number: usize| {
        let (bucket, service, order) = (&bucket, &service, &order);
        async move {
            bucket.call(|| ready(service.call())).await.unwrap();
            locked(order).push(number);
        }
    };
    all((0..100).map(caller)).await;
    assert_eq!(*locked(&order), (0..100).collect::<Vec<_>>());
    assert!(locked(&service.throttled).is_empty());
}

#[tokio::test(start_paused = true)]
async fn throttling_answers_slow_a_bucket_down_and_good_ones_bring_it_back_to_the_limit_and_no_further() {
    let (service, bucket) = (Service::default(), bucket(3));
    let full = rate(&bucket);
    assert!(bucket.call(|| ready(Err::<(), _>(throttling()))).await.is_err());
    let slowed = rate(&bucket);
    assert!((slowed - full * LOWER.powi(3)).abs() < 0.001, "{slowed}");
    let began = Instant::now();
    make(&bucket, &service, 4).await;
    assert!(began.elapsed() > SECOND * 3 / 4, "four calls in {:?} at {slowed} a second", began.elapsed());
    make(&bucket, &service, 2000).await;
    assert!((rate(&bucket) - full).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn two_workers_that_know_nothing_of_each_other_share_a_limit_with_few_throttled_calls() {
    let (service, one, two, began) = (Service::default(), bucket(4), bucket(5), Instant::now());
    all([&one, &two].map(|bucket| make(bucket, &service, 1000))).await;
    let (throttled, seconds) = (service.throttled_after(began), began.elapsed().as_secs());
    assert!(throttled > 0, "they did share one limit");
    assert!(throttled <= 2000 / 20, "{throttled} throttled calls");
    assert!(seconds <= 2000 / 7, "{seconds} s for 2000 calls");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_api_slows_no_other_account() {
    let buckets = Buckets::new(fastrand::Rng::with_seed(6));
    let of = |account: &str| buckets.of(&account.parse().unwrap(), Api::ListTagsOfResource);
    let (one, other) = (of("111122223333"), of("444455556666"));
    assert!(one.call(|| ready(Err::<(), _>(throttling()))).await.is_err());
    assert!(rate(&one) < rate(&other));
    assert!(Arc::ptr_eq(&one, &of("111122223333")));
}

#[tokio::test(start_paused = true)]
async fn what_many_sent_before_the_first_was_throttled_lowers_the_rate_once() {
    let bucket = bucket(7);
    let sent = bucket.turn().await.unwrap();
    let full = rate(&bucket);
    for _ in 0..10 {
        bucket.slow_down(sent);
    }
    assert!((rate(&bucket) - full * LOWER).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_turn_does_not_come_is_told_so_within_forty_seconds_and_takes_none() {
    let (service, bucket, began) = (Service::default(), bucket(8), Instant::now());
    let (late, longest) = (Mutex::new(0), Mutex::new(Duration::ZERO));
    let caller = |_| async {
        match bucket.call(|| ready(service.call())).await {
            Ok(()) => {}
            Err(error) => {
                assert_eq!((error.class, error.code.as_str()), (Class::Transient, "Rate"));
                *locked(&late) += 1;
            }
        }
        let mut longest = locked(&longest);
        *longest = began.elapsed().max(*longest);
    };
    all((0..500).map(caller)).await;
    assert!((100..=130).contains(&*locked(&late)), "{late:?} of 500 came too late");
    assert!(*locked(&longest) <= PATIENCE + Duration::from_millis(10), "{longest:?}");
    let began = Instant::now();
    make(&bucket, &service, 1).await;
    assert!(began.elapsed() <= SECOND, "nobody waits any more");
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_asked_once_and_what_is_lost_three_times() {
    for (class, code, expected) in [(Class::Refused, "ValidationException", 1), (Class::Transient, "Timeout", 3)] {
        let (bucket, asked) = (bucket(9), Mutex::new(0));
        let answer = bucket.call(|| {
            *locked(&asked) += 1;
            ready(Err::<(), _>(SourceError::new(class, "x", code, "no")))
        });
        assert_eq!(answer.await.unwrap_err().code, code);
        assert_eq!(*locked(&asked), expected, "{code}");
    }
}

/// Polls them all to their ends, the first ones first.
async fn all<F: Future<Output = ()>>(futures: impl IntoIterator<Item = F>) {
    let mut left: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        left.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if left.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
