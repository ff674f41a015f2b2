// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// tickPlugin counts three ticks, then asks for no more.
type tickPlugin struct {
	types.DefaultPluginContext
	ticks int
}

func (*tickPlugin) OnPluginStart(int) types.OnPluginStartStatus {
	check(proxywasm.SetTickPeriodMilliSeconds(250))
	return types.OnPluginStartStatusOK
}

func (p *tickPlugin) OnTick() {
	p.ticks++
	proxywasm.LogInfof("tick %d", p.ticks)
	if p.ticks == 3 {
		check(proxywasm.SetTickPeriodMilliSeconds(0))
	}
}

func (p *tickPlugin) NewHttpContext(uint32) types.HttpContext { return &tick{plugin: p} }

// tick tells the upstream how many ticks there were.
type tick struct {
	types.DefaultHttpContext
	plugin *tickPlugin
}

func (t *tick) OnHttpRequestHeaders(int, bool) types.Action {
	check(proxywasm.AddHttpRequestHeader("x-ticks", strconv.Itoa(t.plugin.ticks)))
	return types.ActionContinue
}
