//! Every code that an operator can meet, with its title and its page.
//!
//! CW01xx are the engine's (a message that cannot be handled), CW02xx the policy file's (from CW0251 on its warnings),
//! CW03xx say what is wrong with a job that reads well, CW04xx why a backup or a copy is not made, CW05xx
//! what endangers a chain or forbids a removal, CW06xx what keeps a worker from working.
//!
//! A code is never used anew for something else: dead letters and alarms outlive releases.

pub use chainwright_envelope::Code;

/// A code's title and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code.
    pub code: Code,
    /// The page, in Markdown: a title, then what happened, what it means for the chain, what to do.
    pub page: &'static str,
}

impl Explained {
    /// The title without the code, such as `The policy does not exist`.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let line = self.page.lines().next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, title)| title)
    }
}

/// The page of a code, or none where there is no such code.
#[must_use]
pub fn explain(code: Code) -> Option<Explained> {
    PAGES.iter().copied().find(|explained| explained.code == code)
}

/// Declares the codes that are raised here, and lists them with those that other modules declare. A code without a
/// page does not compile.
macro_rules! pages {
    (elsewhere { $($other:literal)* } $($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        $($(#[$doc])* pub const $name: Code = Code::new($number);)*

        /// Every code with its page, in the order of the codes.
        pub const PAGES: &[Explained] = &[$(pages!(@ $other),)* $(pages!(@ $number),)*];
    };
    (@ $number:literal) => {
        Explained { code: Code::new($number), page: include_str!(concat!("../errors/CW0", stringify!($number), ".md")) }
    };
}

pages! {
    elsewhere {
        // The constants of `Code` itself.
        101 102 103 104 105 106 107 108 109
        // The policy file's mistakes, `PolicyProblem`.
        201 202 203 204 205 206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221
        // The policy file's warnings, raised where a policy is judged as a whole.
        251 252 253 254
    }

    /// The policy named in a job does not exist.
    NO_SUCH_POLICY = 301;
    /// The chain named in a job does not exist.
    NO_SUCH_CHAIN = 302;
    /// The point named in a job does not exist.
    NO_SUCH_POINT = 303;
    /// The account or Region of a job is outside the allow-list.
    NOT_ALLOWED = 304;
    /// The resource belongs to a service that is no source.
    NOT_A_SOURCE = 305;
    /// The slot lies in the future, or is not a whole minute.
    BAD_SLOT = 306;
    /// A snapshot job names too much or too little.
    BAD_SNAPSHOT = 307;
    /// A manual backup names no vault or role, and no policy owns the resource.
    NO_OWNING_POLICY = 308;
    /// A copy is asked for that the point's seal does not name.
    COPY_NOT_SEALED = 309;
    /// The resource does not exist.
    NO_SUCH_RESOURCE = 310;
    /// The operation named in a job does not exist.
    NO_SUCH_OPERATION = 311;
    /// An account, a Region, a vault or a resource could not be looked at.
    NOT_LOOKED_AT = 313;

    /// A backup failed and is not tried again.
    BACKUP_FAILED = 401;
    /// A copy failed and is not tried again.
    COPY_FAILED = 402;
    /// AWS Backup's advanced features for DynamoDB are off.
    ADVANCED_FEATURES_OFF = 403;
    /// The sealed metadata does not fit into the tags.
    SEAL_TOO_LARGE = 404;
    /// A resource cannot be backed up, or its backups not be copied, as its policy says.
    NOT_SUPPORTED = 405;
    /// What copies the snapshots of a resource now is not what its policy wants.
    COPY_CONFIGURATION_CONFLICT = 406;
    /// A key under which copies cannot be made.
    KEY_UNFIT = 407;
    /// A vault's lock keeps points longer, or less long, than a policy says.
    LOCK_BINDS = 408;
    /// A quota of AWS's is nearly used up.
    QUOTA_NEAR = 409;
    /// Sessions follow each other faster than a backup and its copy take.
    TOO_FREQUENT = 410;
    /// A copy configuration copies more than the policy asks for.
    COPIES_MORE = 411;
    /// A session falls into a time in which its service begins no backups.
    IN_WINDOW = 412;
    /// A role is missing, is not trusted, or may not do what is needed.
    ROLE_UNFIT = 413;

    /// A deletion was refused, or answered and nothing was deleted.
    NOT_DELETED = 501;
    /// A point is gone that nobody here removed.
    POINT_LOST = 502;
    /// This worker's clock and AWS's disagree.
    CLOCK_SKEW = 503;
    /// A point's seal does not open, or does not name the point.
    SEAL_BROKEN = 504;
    /// Two points of AWS claim to be the same point and side.
    TWO_CLAIMANTS = 505;
    /// A removal on request is forbidden by a hold, a lock, unfinished work, or since it is the last good point.
    DELETE_FORBIDDEN = 506;
    /// A point of nobody's was found in a chain's place under a chain's name.
    FOREIGN_POINT = 507;
    /// A point came to light whose end had passed already, so that it cannot be told from a forgery.
    DOUBTFUL_POINT = 508;
    /// The newest good point of a chain is older than its policy allows.
    CHAIN_STALE = 509;
    /// A point cannot be given another retention or another copy now.
    NOT_RESEALED = 510;

    /// The ledger carries no ready mark.
    LEDGER_NOT_READY = 601;
    /// A queue, table, key or right is missing at the start.
    MISSING_AT_START = 602;
    /// The ledger's table does not answer, or refuses.
    LEDGER_UNAVAILABLE = 603;
    /// A record of the ledger cannot be read.
    RECORD_UNREADABLE = 604;
    /// The bus for our own events does not take them.
    BUS_UNAVAILABLE = 605;
    /// The environment cannot be used.
    BAD_ENVIRONMENT = 606;
    /// AWS cannot be reached, or does not know the caller.
    NOT_CONNECTED = 607;
}
