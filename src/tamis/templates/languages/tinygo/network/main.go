// SPDX-License-Identifier: 0BSD

// my-filter closes connections that begin with the wrong bytes, and counts the bytes of all others.
package main

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
	"github.com/valyala/fastjson"
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
	// Validated first, since the parser lets some mistakes pass. encoding/json works as well;
	// with it the module is twice the size.
	if err := fastjson.ValidateBytes(text); err != nil {
		return nil, err
	}
	object, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, err
	}
	prefix := object.GetStringBytes("deny_prefix") // nil for what is no string
	if len(prefix) == 0 {
		return nil, errors.New(`"deny_prefix" must be a string that is not empty`)
	}
	return &settings{denyPrefix: prefix}, nil
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
		proxywasm.LogError("configuration: " + err.Error())
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
	downstream, upstream := strconv.Itoa(f.downstream), strconv.Itoa(f.upstream)
	proxywasm.LogInfo("downstream sent " + downstream + " bytes, upstream " + upstream)
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogError("refused by the proxy: " + err.Error())
	}
}
