// Package prompt owns SQL that people type: which statements are taken, on connections that can write nothing, and how their answers
// are printed. It knows neither projects nor policies: whoever may read the database may ask.
package prompt
