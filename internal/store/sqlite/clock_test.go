package sqlite

import (
	"strings"
	"time"

	"github.com/socle-hq/socle/internal/clock"
)

func fixedClock() clock.Clock { return clock.Fixed(time.Unix(1_700_000_000, 0), strings.NewReader("")) }
