package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/socle-hq/socle/internal/auth"
)

// BenchmarkVerify is the price of a token on a request: remembered, with many sessions ended, and seen for the first time.
func BenchmarkVerify(b *testing.B) {
	verify := func(b *testing.B, tokens *auth.Tokens, token string) {
		if _, err := tokens.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cached", func(b *testing.B) {
		k, _ := keysOf(b)
		tokens := auth.NewTokens(k, "i", at(noon))
		ended := auth.NewEnded(at(noon))
		for i := range 10_000 {
			ended.Session(fmt.Sprintf("00000000-0000-7000-8000-%012d", i), noon.Add(time.Hour))
		}
		tokens.Heed(ended)
		token := grant(b, tokens)
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				verify(b, tokens, token)
			}
		})
	})
	for _, algorithm := range auth.Algorithms {
		b.Run("uncached "+algorithm, func(b *testing.B) {
			k, _ := keysOf(b, algorithm)
			token := grant(b, auth.NewTokens(k, "i", at(noon)))
			tokens := make([]*auth.Tokens, 64) // each with a memory of its own
			for b.Loop() {
				b.StopTimer()
				for i := range tokens {
					tokens[i] = auth.NewTokens(k, "i", at(noon))
				}
				b.StartTimer()
				for _, t := range tokens {
					verify(b, t, token)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(tokens)), "ns/token")
		})
	}
}
