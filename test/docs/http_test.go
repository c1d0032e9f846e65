package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// exchange is a request and the answer shown.
type exchange struct {
	who, method, path string
	headers           [][2]string
	body              string

	status  int // 0: to be filled in
	expects [][2]string
	answer  string
	asked   []string // the lines above the answer
}

var headerLine = regexp.MustCompile(`^([A-Z][A-Za-z-]*): (.*)$`)

// readExchange reads a paragraph: `# as WHO: why`, METHOD path, headers, body, → status, headers, body.
func readExchange(text, usual string) (exchange, error) {
	x := exchange{who: usual}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	i := 0
	for ; i < len(lines) && strings.HasPrefix(lines[i], "#"); i++ {
		if who, ok := strings.CutPrefix(lines[i], "# as "); ok {
			who, _, _ = strings.Cut(who, ":")
			x.who = strings.TrimSpace(who)
		}
	}
	if i == len(lines) {
		return x, errors.New("an exchange begins with METHOD and path")
	}
	x.method, x.path, _ = strings.Cut(strings.TrimSpace(lines[i]), " ")
	if x.path == "" {
		return x, fmt.Errorf("%q is no METHOD and path", lines[i])
	}
	x.headers, i = readHeaders(lines, i+1)
	for ; i < len(lines) && !strings.HasPrefix(lines[i], "→ "); i++ {
		x.body += lines[i] + "\n"
	}
	if i == len(lines) {
		return x, fmt.Errorf("%s %s shows no answer: → status", x.method, x.path)
	}
	x.asked = lines[:i]
	status, rest, _ := strings.Cut(strings.TrimPrefix(lines[i], "→ "), " ")
	if status == "?" {
		return x, nil
	}
	var err error
	if x.status, err = strconv.Atoi(status); err != nil {
		return x, err
	}
	x.expects, i = readHeaders(lines, i+1)
	x.answer = rest + strings.Join(lines[i:], "\n")
	return x, nil
}

func readHeaders(lines []string, i int) ([][2]string, int) {
	var out [][2]string
	for ; i < len(lines); i++ {
		m := headerLine.FindStringSubmatch(lines[i])
		if m == nil {
			break
		}
		out = append(out, [2]string{m[1], m[2]})
	}
	return out, i
}

// exchanges sends the requests of a block, one paragraph each, and compares the answers.
func (s *stage) exchanges(p piece) error {
	if err := s.serve(); err != nil {
		return err
	}
	var all []string
	var wrong []error
	for _, text := range strings.Split(strings.TrimSpace(p.text), "\n\n") {
		x, err := readExchange(text, s.usual)
		if err == nil && x.status == 0 {
			text, err = s.fillIn(x)
		} else if err == nil {
			err = s.judge(x)
		}
		all, wrong = append(all, text), append(wrong, err)
	}
	if strings.Contains(p.text, "→ ?") {
		s.filled[p.line] = strings.Join(all, "\n\n") + "\n"
	}
	return errors.Join(wrong...)
}

func (s *stage) judge(x exchange) error {
	answer, got, err := s.send(x)
	if err != nil {
		return err
	}
	name := x.method + " " + x.path
	if answer.StatusCode != x.status {
		return fmt.Errorf("%s as %s: %d, shown is %d\n%s", name, x.who, answer.StatusCode, x.status, got)
	}
	for _, h := range x.expects {
		if have := answer.Header.Get(h[0]); !alike(h[1], have) {
			return fmt.Errorf("%s as %s: %s is %q, shown is %q", name, x.who, h[0], have, h[1])
		}
	}
	if x.answer != "" && !same(x.answer, got) {
		return fmt.Errorf("%s as %s: the answer is\n%s\nshown is\n%s", name, x.who, got, x.answer)
	}
	return nil
}

// fillIn is the text of an exchange with the answer that came.
func (s *stage) fillIn(x exchange) (string, error) {
	answer, got, err := s.send(x)
	if err != nil {
		return "", err
	}
	out := strings.Join(x.asked, "\n") + "\n→ " + strconv.Itoa(answer.StatusCode)
	for _, name := range []string{"Content-Range", "Location", "Preference-Applied", "Link"} {
		if v := answer.Header.Get(name); v != "" && (name != "Content-Range" || !strings.HasSuffix(v, "/*")) {
			out += "\n" + name + ": " + v
		}
	}
	if got = strings.TrimRight(got, "\r\n"); got != "" {
		out += "\n" + got
	}
	if !*fill {
		return out, fmt.Errorf("%s %s shows no answer yet", x.method, x.path)
	}
	return out, nil
}

func (s *stage) send(x exchange) (*http.Response, string, error) {
	path := strings.ReplaceAll(x.path, " ", "%20")
	if !strings.HasPrefix(path, "/") {
		path = "/rest/v1/" + path
	}
	r, err := http.NewRequest(x.method, "http://"+s.server.addr+path, strings.NewReader(strings.TrimRight(x.body, "\n")))
	if err != nil {
		return nil, "", err
	}
	if err := s.sign(r, x.who); err != nil {
		return nil, "", err
	}
	if x.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range x.headers {
		r.Header.Set(h[0], h[1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	return answer, string(raw), err
}

// keys are the project's.
func (s *stage) keys() (publishable, secret string, err error) {
	out, err := exec.Command("socle", "keys", s.dir, "--format", "json").Output()
	if err != nil {
		return "", "", err
	}
	var k struct{ Publishable, Secret string }
	err = json.Unmarshal(out, &k)
	return k.Publishable, k.Secret, err
}

// sign gives a request the key and the token of who asks.
func (s *stage) sign(r *http.Request, who string) error {
	if s.tokens["key"] == "" {
		var err error
		if s.tokens["key"], s.tokens["secret"], err = s.keys(); err != nil {
			return err
		}
	}
	switch who {
	case "nobody":
		return nil
	case "service_role":
		r.Header.Set("Apikey", s.tokens["secret"])
		return nil
	case "anon":
		r.Header.Set("Apikey", s.tokens["key"])
		return nil
	}
	token, err := s.token(who)
	r.Header.Set("Apikey", s.tokens["key"])
	r.Header.Set("Authorization", "Bearer "+token)
	return err
}

// same compares an answer with the one shown: as JSON where both are, otherwise by lines.
func same(shown, got string) bool {
	var want, have any
	if decode(shown, &want) == nil && decode(got, &have) == nil {
		return matches(want, have)
	}
	return alike(shown, strings.ReplaceAll(got, "\r", ""))
}

func decode(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// matches compares JSON values; … in a shown text stands for anything.
func matches(want, have any) bool {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok || len(h) != len(w) {
			return false
		}
		for k, v := range w {
			if got, ok := h[k]; !ok || !matches(v, got) {
				return false
			}
		}
		return true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return false
		}
		for i, v := range w {
			if !matches(v, h[i]) {
				return false
			}
		}
		return true
	case string:
		h, ok := have.(string)
		return ok && (w == h || strings.Contains(w, variable) && alike(w, h)) || w == variable
	}
	return want == have
}
