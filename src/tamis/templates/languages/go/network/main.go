// SPDX-License-Identifier: 0BSD

// my-filter closes connections that begin with the wrong bytes, and counts the bytes of all others.
package main

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// main never runs. The proxy calls init, then one callback after the other.
func main() {}

func init() {
	proxywasm.SetPluginContext(func(uint32) types.PluginContext { return &plugin{} })
}

type settings struct {
	denyPrefix []byte
}

// parse reads the configuration; the error says what is wrong with it.
func parse(text []byte) (*settings, error) {
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	prefix, ok := object["deny_prefix"].(string)
	if !ok || prefix == "" {
		return nil, errors.New(`"deny_prefix" must be a string that is not empty`)
	}
	return &settings{denyPrefix: []byte(prefix)}, nil
}

// plugin is made once for each configuration.
type plugin struct {
	types.DefaultPluginContext
	settings *settings
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	text, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		text = nil // there is none
	}
	if p.settings, err = parse(text); err != nil {
		proxywasm.LogErrorf("configuration: %v", err)
		return types.OnPluginStartStatusFailed // the proxy refuses to start the filter
	}
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewTcpContext(uint32) types.TcpContext {
	return &filter{settings: p.settings}
}

// filter is made once for each connection.
type filter struct {
	types.DefaultTcpContext
	settings             *settings
	passed               bool
	downstream, upstream int
}

func (f *filter) OnDownstreamData(size int, endOfStream bool) types.Action {
	if !f.passed {
		prefix := f.settings.denyPrefix
		first, err := proxywasm.GetDownstreamData(0, len(prefix))
		if err != nil {
			first = nil // there is none
		}
		if bytes.Equal(first, prefix) {
			proxywasm.LogWarn("denied")
			check(proxywasm.CloseDownstream())
			return types.ActionPause // nothing goes to the upstream
		}
		if !endOfStream && bytes.HasPrefix(prefix, first) {
			return types.ActionPause // too few bytes to tell: come again with more
		}
		f.passed = true
	}
	f.downstream += size
	return types.ActionContinue
}

func (f *filter) OnUpstreamData(size int, _ bool) types.Action {
	f.upstream += size
	return types.ActionContinue
}

// OnStreamDone is called when the connection is over.
func (f *filter) OnStreamDone() {
	proxywasm.LogInfof("downstream sent %d bytes, upstream %d", f.downstream, f.upstream)
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogErrorf("refused by the proxy: %v", err)
	}
}
