package account

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/socle-hq/socle/internal/auth"
)

// Hook asks the project what a token of an account is to say besides. Its name is a declared function's.
type Hook struct {
	Name string
	// Call gives the function's answer, which is JSON, for an account.
	Call func(ctx context.Context, uid string) ([]byte, error)
}

// hookTime bounds a hook: a sign-in waits for it.
const hookTime = 5 * time.Second

// ask adds the hook's claims. An object's members are claims; anything else, such as the rows of a stored read, is the claim of the
// function's name.
func (h *Hook) ask(claims map[string]any, uid string) error {
	if h == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), hookTime)
	defer cancel()
	raw, err := h.Call(ctx, uid)
	if err != nil {
		return fmt.Errorf("the hook %s: %w", h.Name, err)
	}
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		var list any
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("the hook %s does not answer with JSON: %w", h.Name, err)
		}
		object = map[string]any{h.Name: list}
	}
	for name, v := range object {
		if auth.Own(name) { // who somebody is and how it was proved is not the project's to say
			return fmt.Errorf("the hook %s may not set the claim %q", h.Name, name)
		}
		claims[name] = v
	}
	return nil
}
