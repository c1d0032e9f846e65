package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// right is a case, and an answer that is right.
func right() (*testCase, *answer) {
	c := &testCase{ID: 7, name: "7_right", Feature: "select/x", Request: request{Method: "GET", Path: "/items?order=id"}, Expect: expectation{
		Status: 200, StatusText: "OK", Headers: map[string]string{"Content-Range": "0-1/*", "Content-Location": "/items", "Content-Length": "9"},
		Absent: []string{"Location"}, exact: []byte(`[{"id":1},{"id":2.50}]`), Paths: []jsonPath{{Path: "$[0].id", Equals: 1}, {Path: "$[1]['no']", Absent: true}}}}
	h := http.Header{"Content-Range": {"0-1/*"}, "Content-Location": {root + "/items"}, "Content-Length": {"23"}}
	return c, &answer{status: "200 OK", code: 200, header: h, body: []byte(`[ {"id": 1}, {"id": 2.5} ]`)}
}

func TestTheJudgeSeesEveryDifference(t *testing.T) {
	t.Parallel()
	if c, a := right(); len(c.judge(a)) > 0 {
		t.Fatalf("the right answer: %v", c.judge(a))
	}
	for what, spoil := range map[string]func(*testCase, *answer){
		"the status":               func(_ *testCase, a *answer) { a.code = 206 },
		"the reason":               func(_ *testCase, a *answer) { a.status = "200 Fine" },
		"a header":                 func(_ *testCase, a *answer) { a.header.Set("Content-Range", "0-1/2") },
		"an address":               func(_ *testCase, a *answer) { a.header.Set("Content-Location", root+"/other") },
		"a header too many":        func(_ *testCase, a *answer) { a.header.Set("Location", "/items?id=eq.1") },
		"a row":                    func(_ *testCase, a *answer) { a.body = []byte(`[{"id":1},{"id":3}]`) },
		"a row too many":           func(_ *testCase, a *answer) { a.body = []byte(`[{"id":1},{"id":2.5},{"id":3}]`) },
		"the order":                func(_ *testCase, a *answer) { a.body = []byte(`[{"id":2.5},{"id":1}]`) },
		"a member too many":        func(_ *testCase, a *answer) { a.body = []byte(`[{"id":1,"x":null},{"id":2.5}]`) },
		"a number that is text":    func(_ *testCase, a *answer) { a.body = []byte(`[{"id":"1"},{"id":2.5}]`) },
		"what is no JSON":          func(_ *testCase, a *answer) { a.body = []byte(`oops`) },
		"a body where none is":     func(c *testCase, _ *answer) { c.Expect.exact = []byte("null") },
		"a place in the body":      func(c *testCase, _ *answer) { c.Expect.Paths[0].Equals = 2 },
		"a place that is not":      func(c *testCase, _ *answer) { c.Expect.Paths = []jsonPath{{Path: "$[2]", Present: true}} },
		"a place that is":          func(c *testCase, _ *answer) { c.Expect.Paths = []jsonPath{{Path: "$[0].id", Absent: true}} },
		"text":                     func(c *testCase, _ *answer) { s := "id\n1"; c.Expect.Raw = &s },
		"text that is to be there": func(c *testCase, _ *answer) { s := "id,name"; c.Expect.Contains = &s },
	} {
		c, a := right()
		if spoil(c, a); len(c.judge(a)) == 0 {
			t.Errorf("%s is not seen", what)
		}
	}
}

func TestRowsComeInAnyOrderWhereNobodyAskedForOne(t *testing.T) {
	t.Parallel()
	c, a := right()
	c.Request.Path, c.Expect.Paths = "/items", nil
	if a.body = []byte(`[{"id":2.5},{"id":1}]`); len(c.judge(a)) > 0 {
		t.Error(c.judge(a))
	}
	c.Request.Method = http.MethodPatch
	if len(c.judge(a)) == 0 {
		t.Error("what was written comes in the order it was sent")
	}
}

func TestTheListIsHeldToItsWord(t *testing.T) {
	t.Parallel()
	no := &list{}
	known := &list{Deviating: []deviation{{ID: 7, Why: "so"}}}
	left := &list{Outside: []outside{{Why: "left out", Cases: []int{7}}}}
	refusal, _ := json.Marshal(map[string]string{"code": "PGRST127", "details": "later"})
	for _, c := range []struct {
		what   string
		list   *list
		code   int
		body   []byte
		counts string
		wrong  string
	}{
		{"passes", no, 200, nil, "1 passed, 0 refused by profile, 0 deviating", ""},
		{"passes and deviates", known, 200, nil, "1 passed, 0 refused by profile, 0 deviating", "take it off"},
		{"passes and is outside", left, 200, nil, "1 passed, 0 refused by profile, 0 deviating", "take it off"},
		{"fails", no, 500, nil, "0 passed, 0 refused by profile, 1 deviating", "status 500, not 200"},
		{"deviates", known, 500, nil, "0 passed, 0 refused by profile, 1 deviating", ""},
		{"is outside", left, 404, nil, "0 passed, 1 refused by profile, 0 deviating", ""},
		{"is outside and answered otherwise", left, 206, nil, "0 passed, 1 refused by profile, 0 deviating", "not refused"},
		{"answers PGRST127", no, 400, refusal, "0 passed, 1 refused by profile, 0 deviating", ""},
		{"is listed twice", &list{Outside: left.Outside, Deviating: known.Deviating}, 404, nil, "0 passed, 1 refused by profile, 0 deviating", "listed twice"},
		{"is not there", &list{Deviating: []deviation{{ID: 8}}}, 200, nil, "1 passed, 0 refused by profile, 0 deviating", "no such case"},
	} {
		one, a := right()
		if a.code = c.code; c.body != nil {
			a.body = c.body
		}
		r := sorted(t, []*testCase{one}, map[int]*answer{7: a}, c.list)
		if wrong := strings.Join(r.wrong, "\n"); r.summary() != c.counts || (c.wrong == "") != (wrong == "") || !strings.Contains(wrong, c.wrong) {
			t.Errorf("%s: %s; %s", c.what, r.summary(), wrong)
		}
	}
}
