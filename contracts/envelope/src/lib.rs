//! The outermost layer of a Chainwright message: what every job carries, and how a body is told apart from noise.
