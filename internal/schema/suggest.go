package schema

import (
	"fmt"
	"sort"
)

// Suggest gives the candidate nearest to word by edit distance, "" where none is near enough to have been meant.
func Suggest(word string, candidates []string) string {
	best, bestAt := "", max(len(word)/3, 1)+1
	sorted := append([]string(nil), candidates...)
	sort.Strings(sorted)
	for _, c := range sorted {
		if d := distance(word, c, bestAt); c != word && d < bestAt {
			best, bestAt = c, d
		}
	}
	return best
}

// DidYouMean is ` (did you mean "x"?)`, or "" without a near candidate; messages about unknown names end with it.
func DidYouMean(word string, candidates []string) string {
	if s := Suggest(word, candidates); s != "" {
		return fmt.Sprintf(" (did you mean %q?)", s)
	}
	return ""
}

// distance counts insertions, deletions, substitutions and swaps of neighbours; anything from limit up may be reported as limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > 200 || len(b) > 200 {
		return limit
	}
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
