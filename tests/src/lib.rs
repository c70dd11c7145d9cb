//! End-to-end tests of Chainwright over simcloud.
