// Package docs runs what the documents show: every fenced block of README.md and docs/*.md, in order, against the command
// and a server of the project that the document describes. It owns how a block is read and judged; CONTRIBUTING.md tells
// writers how to mark one. It knows the product only from outside: the command line and HTTP.
package docs
