//! The AWS that runs on a laptop: models of the services Chainwright uses, in virtual time, with faults.
