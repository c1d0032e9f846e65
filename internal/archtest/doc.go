// Package archtest owns the rules of the house as tests: who may import whom, what ARCHITECTURE.md may claim, which
// standard functions stay behind a seam. It reads the tree as text and syntax and knows nothing of what the code does.
package archtest
