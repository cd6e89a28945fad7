// SPDX-License-Identifier: GPL-2.0-only

package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/nssim/nssim/sim"
	"github.com/nssim/nssim/sim/program"
)

// Server answers the playground: one call with arguments in JSON, one answer in JSON.
// It keeps the players that the page has opened. What is wrong with a call is in its
// answer; nothing panics.
type Server struct {
	// Data has the programs of the library.
	Data fs.FS
	// Header makes the line that stands over results.
	Header func(*sim.Config) string

	players map[string]*Player
}

// Request is the arguments of a call; each uses some.
type Request struct {
	Player string     `json:"player"` // which of the page's players
	Name   string     `json:"name"`   // of a program, a file of the library or a namespace
	Text   string     `json:"text"`   // of a program
	At     int        `json:"at"`     // how many lines are to be run
	Config PageConfig `json:"config"`
	Other  PageConfig `json:"other"` // to compare with
}

// PageConfig is a configuration as the page chooses it.
type PageConfig struct {
	Kernel    string   `json:"kernel"`
	Semantics string   `json:"semantics"`
	Bugs      []string `json:"bugs"`
}

func (c PageConfig) config() sim.Config {
	return sim.Config{Kernel: c.Kernel, Semantics: c.Semantics, Bugs: c.Bugs}
}

// Mistake is something wrong in a program's text.
type Mistake struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"`
}

// Failure is the answer to a call that could not be answered.
type Failure struct {
	Error    string    `json:"error"`
	Mistakes []Mistake `json:"mistakes,omitempty"`
}

// methods are the calls there are.
var methods = map[string]func(*Server, *Request) (any, error){
	"open":    (*Server).open,
	"go":      (*Server).goTo,
	"why":     (*Server).why,
	"compare": (*Server).compare,
	"format":  (*Server).format,
	"library": (*Server).library,
	"load":    (*Server).load,
	"choices": (*Server).choices,
}

// Call answers one call.
func (s *Server) Call(method, request string) string {
	var req Request
	var answer any
	err := json.Unmarshal([]byte(request), &req)
	if f := methods[method]; err == nil && f != nil {
		answer, err = f(s, &req)
	} else if err == nil {
		err = fmt.Errorf("unknown call %q", method)
	}
	if err != nil {
		answer = failure(err)
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return `{"error":"no JSON"}`
	}
	return string(out)
}

func failure(err error) *Failure {
	f := &Failure{Error: err.Error()}
	var list program.ErrorList
	if errors.As(err, &list) {
		for _, e := range list {
			f.Mistakes = append(f.Mistakes, Mistake{e.Pos.Line, e.Pos.Col, strings.TrimPrefix(e.Error(), e.Pos.String()+": ")})
		}
	}
	return f
}

// open reads a program, starts it and runs its first At lines.
func (s *Server) open(req *Request) (any, error) {
	p, err := program.Parse(req.Name, []byte(req.Text))
	if err != nil {
		return nil, err
	}
	player, err := NewPlayer(p, req.Config.config())
	if err != nil {
		return nil, err
	}
	if s.players == nil {
		s.players = make(map[string]*Player)
	}
	s.players[req.Player] = player
	return s.goTo(req)
}

func (s *Server) player(req *Request) (*Player, error) {
	p := s.players[req.Player]
	if p == nil {
		return nil, fmt.Errorf("no player %q is open", req.Player)
	}
	return p, nil
}

func (s *Server) goTo(req *Request) (any, error) {
	p, err := s.player(req)
	if err != nil {
		return nil, err
	}
	p.Go(req.At)
	return p.Page(s.Header(p.Runner.Machine().Cfg)), nil
}

func (s *Server) why(req *Request) (any, error) {
	p, err := s.player(req)
	if err != nil {
		return nil, err
	}
	text, err := p.Why(req.Name)
	return map[string]string{"text": text}, err
}

func (s *Server) compare(req *Request) (any, error) {
	p, err := program.Parse(req.Name, []byte(req.Text))
	if err != nil {
		return nil, err
	}
	return Compare(p, req.Config.config(), req.Other.config())
}

func (s *Server) format(req *Request) (any, error) {
	p, err := program.Parse(req.Name, []byte(req.Text))
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": string(program.Format(p))}, nil
}

func (s *Server) library(*Request) (any, error) { return Library(s.Data) }

func (s *Server) load(req *Request) (any, error) {
	text, err := fs.ReadFile(s.Data, req.Name)
	return map[string]string{"text": string(text)}, err
}

// Choice is something that can be chosen, with a sentence about it.
type Choice struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// choices lists the kernels, the semantics and the switches.
func (s *Server) choices(*Request) (any, error) {
	out := map[string][]Choice{}
	for _, p := range sim.Profiles() {
		out["kernels"] = append(out["kernels"], Choice{p.Name, p.Doc})
	}
	for _, p := range sim.AllSemantics() {
		out["semantics"] = append(out["semantics"], Choice{p.Name, p.Doc})
	}
	for _, p := range sim.Switches() {
		out["switches"] = append(out["switches"], Choice{p.Name, p.Doc})
	}
	out["default"] = []Choice{{sim.DefaultKernel, ""}, {sim.DefaultSemantics, ""}}
	return out, nil
}
