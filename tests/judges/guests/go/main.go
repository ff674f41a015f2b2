// SPDX-License-Identifier: Apache-2.0

// guest is an HTTP filter of Go's official SDK. Its configuration is one word: what it does.
package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// behaviours has a file for each word. The SDK has no gRPC, hence neither has this.
var behaviours = map[string]func() types.PluginContext{
	"lifecycle":  func() types.PluginContext { return &lifecyclePlugin{} },
	"headers":    each[headers],
	"trailers":   each[trailers],
	"body":       each[body],
	"reply":      each[reply],
	"callout":    each[callout],
	"tick":       func() types.PluginContext { return &tickPlugin{} },
	"shared":     each[shared],
	"queue":      func() types.PluginContext { return &queuePlugin{} },
	"metrics":    func() types.PluginContext { return &metricsPlugin{} },
	"properties": each[properties],
	"foreign":    each[foreign],
	"async":      func() types.PluginContext { return &asyncPlugin{} },
}

// main never runs. The proxy calls init, then one callback after the other.
func main() {}

func init() {
	proxywasm.SetPluginContext(func(uint32) types.PluginContext {
		return &plugin{&types.DefaultPluginContext{}}
	})
}

// plugin becomes the behaviour that its configuration names.
type plugin struct{ types.PluginContext }

func (p *plugin) OnPluginStart(size int) types.OnPluginStartStatus {
	word, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		word = nil // there is none
	}
	behaviour, known := behaviours[string(word)]
	if !known {
		return types.OnPluginStartStatusFailed // the proxy refuses to start the filter
	}
	p.PluginContext = behaviour()
	return p.PluginContext.OnPluginStart(size)
}

// streams is a plugin that has nothing of its own.
type streams struct {
	types.DefaultPluginContext
	stream func() types.HttpContext
}

func (s *streams) NewHttpContext(uint32) types.HttpContext { return s.stream() }

// each makes a plugin of which each stream is a new S.
func each[S any, P interface {
	*S
	types.HttpContext
}]() types.PluginContext {
	return &streams{stream: func() types.HttpContext { return P(new(S)) }}
}

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogErrorf("refused by the proxy: %v", err)
	}
}
