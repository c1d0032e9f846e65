package app

import (
	"context"
	"time"

	"github.com/socle-hq/socle/internal/migrate"
)

// keysLook is how often the key set's file is looked at: `socle keys rotate` works beside servers that run.
const keysLook = time.Second

// renew takes up the key set where its file was replaced, and makes the database one of it, until ctx ends.
func (r *Runtime) renew(ctx context.Context) {
	known, wrong := r.ring.Current().Fingerprint(), ""
	look := time.NewTicker(keysLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		err := r.ring.Renew()
		keys := r.ring.Current()
		if err == nil && keys.Fingerprint() != known {
			if err = migrate.Adopt(ctx, r.store, keys.Fingerprints()); err == nil {
				known = keys.Fingerprint()
				r.Log.Info("the keys were replaced; those of now hold")
			}
		}
		if text := said(err); text != wrong && ctx.Err() == nil {
			if wrong = text; err != nil {
				r.Log.Warn("the key set cannot be taken up; the keys of before hold", "cause", err)
			}
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
