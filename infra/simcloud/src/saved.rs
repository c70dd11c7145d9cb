//! A cloud as bytes: everything in it, and what is on its agenda.
//!
//! MessagePack with the members' names, behind a version. The bytes are for the same release of simcloud: another one
//! may know other members, and then refuses them. What waits in a connection is not in them, since a connection does not
//! outlive its process; gates are not, since they belong to a test.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::Notify;

use crate::world::World;

/// Counts up when what is saved changes its form.
const VERSION: u32 = 3;

/// Why a cloud cannot be saved or resumed.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It cannot be written.
    #[error("the cloud cannot be written: {0}")]
    Write(#[from] rmp_serde::encode::Error),
    /// The bytes are no cloud, or not a whole one.
    #[error("this is no saved cloud: {0}")]
    Read(#[from] rmp_serde::decode::Error),
    /// The bytes are another version's.
    #[error("the cloud was saved in form {found}, and this release reads form {VERSION}")]
    Version {
        /// The form of the bytes.
        found: u32,
    },
}

/// The version alone, which is read first.
#[derive(Deserialize)]
struct Stamp {
    version: u32,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    world: &'a World,
}

#[derive(Deserialize)]
struct Read {
    world: World,
}

/// The world as bytes.
pub(crate) fn write(world: &World) -> Result<Vec<u8>, SavedError> {
    Ok(rmp_serde::to_vec_named(&Written { version: VERSION, world })?)
}

/// The world behind bytes. Whoever waits on `wake` is told when its agenda changes.
pub(crate) fn read(bytes: &[u8], wake: Arc<Notify>) -> Result<World, SavedError> {
    let Stamp { version: found } = rmp_serde::from_slice(bytes)?;
    if found != VERSION {
        return Err(SavedError::Version { found });
    }
    let Read { world } = rmp_serde::from_slice(bytes)?;
    Ok(world.woken_by(wake))
}

/// A generator, by the state it is in.
pub(crate) mod rng {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(rng: &fastrand::Rng, serializer: S) -> Result<S::Ok, S::Error> {
        rng.get_seed().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<fastrand::Rng, D::Error> {
        u64::deserialize(deserializer).map(fastrand::Rng::with_seed)
    }
}

/// Something shared. Every holder gets its own again.
pub(crate) mod shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(shared: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        shared.as_ref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

/// As [`shared`], where there may be none.
pub(crate) mod shared_option {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        shared: &Option<Arc<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        shared.as_deref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<T>>, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map(Arc::new))
    }
}

/// A list of pairs whose second parts are shared.
pub(crate) mod shared_pairs {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K: Serialize, T: Serialize, S: Serializer>(
        pairs: &[(K, Arc<T>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pairs.iter().map(|(key, shared)| (key, shared.as_ref())))
    }

    pub(crate) fn deserialize<'de, K: Deserialize<'de>, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(K, Arc<T>)>, D::Error> {
        let pairs = Vec::<(K, T)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(key, whole)| (key, Arc::new(whole))).collect())
    }
}

/// A shared text where there may be none.
pub(crate) mod shared_text {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
        text.as_deref().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<str>>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Arc::from))
    }
}
