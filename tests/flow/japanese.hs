# SPDX-License-Identifier: AGPL-3.0-or-later
# A catalogue outside GSM 7-bit: the same menu in UCS-2, in pages of 56 characters through an HLR.
phone daisy imsi 001010000000004 msisdn 819012345674

test 購入
daisy> *188*1*500#
daisy< Coupon
| 500円を購入しますか
| 手数料10円 合計510円
| 1はい 0いいえ
daisy> 1
daisy= 500円 購入完了
| {value:value_id}{:any}

test 前回の結果、残高と一覧
daisy> *188#
daisy< {:time} 500円の購入完了 番号 {value}
| 1次へ
daisy> 1
daisy< 1購入
| 2バリュー一覧{:any}
daisy> 6
daisy< 残高 1490円
| バリュー 500円 (1件){:any}
daisy> 00
daisy= {:any}
daisy> *188*2#
daisy= 500円 {value}

test 所有確認
daisy> *188*5*{value}#
daisy= はい、あなたが所有者です。500円 有効{:any}

test ページ送り
daisy> *188*0#
daisy< 直接ダイヤルする場合{:any}*次へ
daisy> *
daisy< {:any}#前へ{:any}
daisy> #
daisy< 直接ダイヤルする場合{:any}*次へ
daisy> 00
daisy= 終了しました。これ以上の処理は行っていません。
