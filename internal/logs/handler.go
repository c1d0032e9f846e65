package logs

import (
	"context"
	"log/slog"
)

// Handler writes records as another handler does, to lines. What is at least a warning is written before the log is done with it.
type Handler struct {
	to    slog.Handler
	lines *Lines
}

// Enabled is the form's.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.to.Enabled(ctx, level)
}

// Handle writes a record.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if n := h.lines.missed(); n > 0 {
		gap := slog.NewRecord(r.Time, slog.LevelWarn, "lines of the log are lost: it could not be written", 0)
		gap.AddAttrs(slog.Int("lines", n))
		if err := h.to.Handle(ctx, gap); err != nil {
			return err
		}
	}
	err := h.to.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.lines.Flush()
	}
	return err
}

// WithAttrs is the form's.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.to.WithAttrs(attrs), h.lines}
}

// WithGroup is the form's.
func (h *Handler) WithGroup(name string) slog.Handler { return &Handler{h.to.WithGroup(name), h.lines} }
