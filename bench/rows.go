package main

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"
)

// The benchmark's rows are computed from their numbers: what a server holds, and who may see it, is known without reading it.
const (
	people      = 24
	projects    = 12
	perArticle  = 5 // comments on each article that has any
	vocabulary  = 20_000
	wordsOfBody = 30
)

// sizes says how many rows there are.
type sizes struct{ articles, comments, notes, tickets int }

// usual is what requests are measured on.
var usual = sizes{articles: 100_000, comments: 100_000, notes: 100_000, tickets: 100_000}

// table tells the identifiers of collections apart.
type table uint64

const (
	members table = iota + 1
	teams
	articles
	comments
	notes
	tickets
)

var statuses = []string{"done", "open", "doing", "review"}
var priorities = []string{"low", "normal", "high", "urgent"}

// began is the instant of row 0; rows are a second apart, so that their order is one.
var began = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func instantOf(i int) time.Time { return began.Add(time.Duration(i) * time.Second) }

// key is the identifier of row i: a UUID whose first part grows with i, as those do that the product makes.
func key(t table, i int) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(instantOf(i).UnixMilli())<<16)
	noise := rand.NewPCG(uint64(t), uint64(i))
	binary.BigEndian.PutUint16(b[6:], 0x7000|uint16(noise.Uint64()&0xfff))
	binary.BigEndian.PutUint64(b[8:], 1<<63|noise.Uint64()>>2)
	out := hex.AppendEncode(make([]byte, 0, 36), b[:4])
	for _, part := range [][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
		out = hex.AppendEncode(append(out, '-'), part)
	}
	return string(out)
}

// item is a row of articles, notes or tickets. Of belongs is a project, of notes a member.
type item struct {
	id, belongs, title, body, status, priority string
	number                                     int
	at                                         time.Time
}

func itemOf(t table, i int) item {
	dice := rand.New(rand.NewPCG(uint64(t)<<8, uint64(i)))
	belongs := key(teams, i%projects)
	if t == notes {
		belongs = key(members, i%people)
	}
	return item{id: key(t, i), belongs: belongs, title: "Number " + strconv.Itoa(i) + ": " + phrase(dice, 4), body: phrase(dice, wordsOfBody),
		status: statuses[dice.IntN(len(statuses))], priority: priorities[dice.IntN(len(priorities))], number: i, at: instantOf(i)}
}

// remark is a row of comments: some on each of the newest articles.
type remark struct {
	id, article, author, body string
	at                        time.Time
}

func (s sizes) remarkOf(i int) remark {
	dice := rand.New(rand.NewPCG(uint64(comments)<<8, uint64(i)))
	return remark{id: key(comments, i), article: key(articles, (s.articles-1-i/perArticle)%s.articles), author: key(members, i%people),
		body: phrase(dice, 15), at: instantOf(i)}
}

// belongsTo says whether a member is in a project: each is in a third of them.
func belongsTo(member, project int) bool { return (member+project)%3 == 0 }

// word is the n-th of the vocabulary.
func word(n int) string {
	const first, second = "bdfgklmnprstvz", "aeiou"
	out := make([]byte, 0, 8)
	for n += len(first) * len(second); n > 0; n /= len(first) * len(second) {
		syllable := n % (len(first) * len(second))
		out = append(out, first[syllable/len(second)], second[syllable%len(second)])
	}
	return string(out)
}

func phrase(dice *rand.Rand, words int) string {
	out := make([]byte, 0, words*7)
	for i := range words {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, word(dice.IntN(vocabulary))...)
	}
	return string(out)
}

// user is a member who asks.
type user struct {
	member    int
	ID, Token string
	peer      string // their token at PocketBase
}

// askers are the members who ask.
const askers = 6

// pick gives the number of some row that has the same rest as wanted, divided by a number of owners.
func pick(size, owners, rest, i int) int {
	if size < owners {
		return rest % size
	}
	return i*7919%(size/owners)*owners + rest
}

// article is any one; inTeam, one of a project of theirs.
func (s sizes) article(i int) string { return key(articles, i*7919%s.articles) }

func (s sizes) inTeam(u user, t table, size, i int) string {
	project := (3-u.member%3)%3 + i%(projects/3)*3
	return key(t, pick(size, projects, project, i))
}

// comment is one they wrote.
func (s sizes) comment(u user, i int) string {
	return key(comments, pick(s.comments, people, u.member, i))
}
