package passkeys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/socle-hq/socle/internal/passkey"
)

// outcome is what a page of the site saw of one ceremony.
type outcome struct {
	Made, Used      *passkey.Credential
	User            string
	Refused, Thrown string
	Failed          string
}

func TestARealBrowserMakesAndUsesPasskeys(t *testing.T) {
	t.Parallel()
	home, elsewhere := newSite(t), newSite(t)
	saw := map[string]json.RawMessage{}
	browse(t, &saw, "passkeys.mjs", home.URL, elsewhere.URL)

	made := read[outcome](t, saw, "made").Made
	if made == nil || !made.UserVerified || !made.BackupEligible || !made.BackedUp || made.Attestation != "none" || len(made.AAGUID) != 16 ||
		!cmp.Equal(made.Transports, []string{"internal"}) {
		t.Fatalf("made: %s", saw["made"])
	}
	count := made.SignCount
	for _, name := range []string{"anybody", "named"} {
		o := read[outcome](t, saw, name)
		if o.User != home.user.Name || o.Used == nil || !bytes.Equal(o.Used.ID, made.ID) || o.Used.SignCount <= count {
			t.Fatalf("%s: %s", name, saw[name])
		}
		count = o.Used.SignCount
	}
	stranger := fmt.Sprintf("pages of %q may not use the passkeys of localhost", elsewhere.URL)
	for name, want := range map[string]outcome{
		"none yet":       {Refused: "this account has no passkey"},
		"elsewhere":      {Refused: stranger},
		"used elsewhere": {Refused: stranger},
		"made twice":     {Thrown: "InvalidStateError"},
		"copied":         {Refused: passkey.ErrCloned.Error()},
		"not verified":   {Thrown: "NotAllowedError"},
	} {
		if diff := cmp.Diff(want, read[outcome](t, saw, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	want := fmt.Sprintf(`{"user":%q,"challenge":true,"excluded":[%q]}`, home.user.ID, base64.RawURLEncoding.EncodeToString(made.ID))
	if got := string(saw["by hand"]); got != want {
		t.Errorf("the options, read by hand: %s", got)
	}
	if got := string(saw["kept"]); got != fmt.Sprintf(`[{"resident":true,"user":%q,"rpId":"localhost"}]`, home.user.ID) {
		t.Errorf("the authenticator keeps %s", got)
	}
}

func read[T any](t *testing.T, saw map[string]json.RawMessage, name string) (out T) {
	t.Helper()
	if err := json.Unmarshal(saw[name], &out); err != nil {
		t.Fatalf("%s: %v: %s", name, err, saw[name])
	}
	return out
}

// browse runs the program of the browser and reads what it prints; without Node or a browser the test is skipped.
func browse(t *testing.T, out any, program string, args ...string) {
	t.Helper()
	dir, err := filepath.Abs("../npm")
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(filepath.Join(dir, "node_modules/playwright-core"))
	if _, err := exec.LookPath("node"); err != nil || missing != nil {
		without(t, "no node, or no test/npm/node_modules")
	}
	var printed, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), "node", append([]string{program}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &printed, &errs
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 3 {
		without(t, "no Chromium on this machine")
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	if err := json.Unmarshal([]byte(printed.String()), out); err != nil {
		t.Fatalf("%v: %s", err, &printed)
	}
}

func without(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what + ": required in CI")
	}
	t.Skip(what)
}
