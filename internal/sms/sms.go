// Package sms owns how codes reach phones: they are handed to a webhook of the project's, which knows who carries them. It knows
// nothing of accounts, and keeps nothing.
package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/socle-hq/socle/internal/clock"
)

// SignatureHeader carries `t=<seconds since 1970>,v1=<hex>`: the HMAC-SHA-256 of the seconds, a dot and the body, by the webhook's
// secret. Who receives it compares it, and refuses what is older than some minutes.
const SignatureHeader = "X-Socle-Signature"

// Message is a code on its way to a phone.
type Message struct {
	To   string `json:"to"`      // as E.164 writes it, with the plus sign
	Text string `json:"message"` // what to send, the code in it
	Code string `json:"code"`
	Kind string `json:"kind"` // what the code is for
	ID   string `json:"id"`   // the same at each attempt
}

// Webhook hands messages over. It is safe for concurrent use.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
	clock  clock.Clock
}

// New makes a webhook at an address that shares a secret with the product.
func New(address, secret string, client *http.Client, clk clock.Clock) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the webhook is not an http or https address")
	}
	if len(secret) < 16 {
		return nil, errors.New("the secret has less than 16 characters; it proves to the webhook who calls")
	}
	return &Webhook{address, []byte(secret), client, clk}, nil
}

// Failure is the error of an attempt. It holds neither code nor address.
type Failure struct {
	text      string
	temporary bool
}

// Error says what happened.
func (f *Failure) Error() string { return f.text }

// Temporary reports whether it may be tried again: the network failed, or the webhook said 408, 429 or 5xx.
func Temporary(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.temporary
}

// Send hands a message over; any answer of 2xx is thanks.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return &Failure{"sms: the message is not JSON", false}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return &Failure{"sms: the webhook's address cannot be called", false}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(SignatureHeader, w.sign(body))
	answer, err := w.client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // without the address, which may hold a secret
		}
		return &Failure{fmt.Sprintf("sms: the webhook cannot be reached: %v", err), true}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // so that the connection serves again
	if answer.StatusCode/100 == 2 {
		return nil
	}
	again := answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusRequestTimeout
	return &Failure{fmt.Sprintf("sms: the webhook answered %d", answer.StatusCode), again}
}

func (w *Webhook) sign(body []byte) string {
	at := strconv.FormatInt(w.clock.Now().Unix(), 10)
	m := hmac.New(sha256.New, w.secret)
	m.Write([]byte(at + "."))
	m.Write(body)
	return "t=" + at + ",v1=" + hex.EncodeToString(m.Sum(nil))
}
