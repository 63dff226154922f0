# SPDX-License-Identifier: AGPL-3.0-or-later
# Claim 25's whole circle, and the menu around it; run direct and through an OsmoHLR.
# Variables shop_url, gateway, key and ca are set by the test.
phone alice imsi 001010000000001 msisdn 819012345671
phone bob imsi 001010000000002 msisdn 819012345672
phone carol imsi 001010000000003 msisdn 819012345673

test The menu; cancelled
alice> *188#
alice< 1 Buy
| 2 My values
| 3 Send to a phone
| 4 Pay a shop
| 5 Is it mine?
| 6 Balance
| 7 Last operations
| 9 PIN
| 0 Help
| 00 End
alice> 00
alice= Ended. Nothing more was done.

test Nothing is owned yet
alice> *188*2#
alice= You have no values.
alice> *188*7#
alice= Nothing was done yet.

test Buying in the menu, with back at each step
alice> *188#
alice< {:any}
alice> 1
alice< Buy what?
| 1 Coupon
| 2 Ticket
| 0 Back 00 End
alice> 1
alice< Buy how much?
| 1 500 JPY
| 2 1000 JPY
| 3 3000 JPY
| 4 Another amount
| 0 Back 00 End
alice> 0
alice< Buy what?
| 1 Coupon
| 2 Ticket
| 0 Back 00 End
alice> 1
alice< {:any}
alice> 1
alice< Coupon
| Buy 500 JPY? Fee 10 JPY, 510 JPY in all
| 1 Yes 0 No
alice> 1
alice< Bought 500 JPY, value {first:value_id}
| Until {:any}
| 0 Menu 00 End
alice> 00
alice= Ended. Nothing more was done.

test What was bought is owned, and charged with its fee
alice> *188*6#
alice= Balance 100.00 EUR
| Balance 9490 JPY
| Values 500 JPY (1)
alice> *188*2#
alice= 500 JPY {first}

test The same again within minutes is asked back
alice> *188*1*500#
alice< {:any}
alice> 1
alice< You bought 500 JPY at {:time}. Buy again?
| 1 Yes 0 No
alice> 0
alice= Nothing was bought.

test Another amount by a one-shot code; no is no
alice> *188*1*1000#
alice< Coupon
| Buy 1000 JPY? Fee 10 JPY, 1010 JPY in all
| 1 Yes 0 No
alice> 0
alice= Nothing was bought.

test Amounts that the product does not allow, and that are none
alice> *188*1*50#
alice= This amount is not on sale. Nothing was bought.
alice> *188*1*0#
alice= That is not an amount.

test Is it mine: one negative answer to who is not the owner
alice> *188*5*{first}#
alice= Yes, you own it: 500 JPY, valid
| Until {:any}
bob> *188*5*{first}#
bob= No. You do not own such a value.
bob> *188*5*07086454720319035073#
bob= No. You do not own such a value.
bob> *188*5*{first}1#
bob= That is not a value: 20 digits, please check them.

test Who does not own it cannot hand it on
bob> *188*3*{first}*819012345673#
bob= No. You do not own such a value.

test Transferees that cannot be
alice> *188*3*{first}*819099999999#
alice= Nobody is registered under this number. Nothing was handed on.
alice> *188*3*{first}*819012345671#
alice= That is yourself. Nothing was handed on.
alice> *188*4*{first}*9999*1#
alice= Nobody is registered under this number. Nothing was handed on.

test To another phone, its number as people dial it: asks whom and how much
alice> *188*3*{first}*09012345672#
alice< Send 500 JPY to +819012345672?
| 1 Yes 0 No
alice> 1
alice= 500 JPY now belongs to +819012345672. Value {first}

test The notice counts: the new owner is told yes, the old one no
bob> *188*5*{first}#
bob= Yes, you own it: 500 JPY, valid
| Until {:any}
alice> *188*5*{first}#
alice= Done {:time}: 500 JPY, value {first}, to +819012345672
| No. You do not own such a value.

test The same transfer again
alice> *188*3*{first}*09012345672#
alice= That value was handed on to +819012345672 at {:time}. Nothing was done now.

test Claim 27: the note goes to the other phone, the notice to the manager
alice> *188*1*1000#
alice< Coupon
| Buy 1000 JPY? Fee 10 JPY, 1010 JPY in all
| 1 Yes 0 No
alice> 1
alice= Bought 1000 JPY, value {second:value_id}
| Until {:any}
alice wallet {second} received
alice transfer {second} 819012345672
alice wallet {second} confirmed

test Bob pays the shop with it: the note goes to its server, the notice to the manager
bob wallet {second} received
bob transfer {second} 4711 reference 17 shop-url {shop_url}
bob wallet {second} confirmed

test The shop asks over HTTPS: it is the owner
shell curl -s --cacert "$ca" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d "{\"value_id\":\"$second\"}" "$gateway/v1/ownership-checks"
shell=
| {{"owner":true,"spendable":true,"state":"active",{:any}
bob> *188*5*{second}#
bob= Done {:time}: 1000 JPY, value {second}, to Kissaten Aoi (4711)
| No. You do not own such a value.

test Postpaid, up to the limit
carol> *188*1*3000#
carol< {:any}
carol> 1
carol= Bought 3000 JPY, value {:value_id}
| Until {:any}
carol> *188*1*2000#
carol< Done {:any}
carol> 1
carol< {:any}
carol> 1
carol= This would pass the limit of your bill. Nothing was bought.

test Last operations
carol> *188*7#
carol= {:any}bought 3000 JPY{:any}
