// SPDX-License-Identifier: Apache-2.0

// one-header-go adds one header to every request: x-tamis, with the configured value.
package main

import (
	"bytes"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() {
	proxywasm.SetPluginContext(func(uint32) types.PluginContext { return &plugin{} })
}

type plugin struct {
	types.DefaultPluginContext
	value string
}

// OnPluginStart takes a JSON string. What its schema allows has no escapes: no reader of JSON is
// needed.
func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	text, err := proxywasm.GetPluginConfiguration()
	text, begins := bytes.CutPrefix(text, []byte{'"'})
	text, ends := bytes.CutSuffix(text, []byte{'"'})
	if err != nil || !begins || !ends {
		return types.OnPluginStartStatusFailed
	}
	p.value = string(text)
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext {
	return &filter{value: p.value}
}

type filter struct {
	types.DefaultHttpContext
	value string
}

func (f *filter) OnHttpRequestHeaders(int, bool) types.Action {
	if err := proxywasm.AddHttpRequestHeader("x-tamis", f.value); err != nil {
		proxywasm.LogErrorf("refused by the proxy: %v", err)
	}
	return types.ActionContinue
}
