# Nhiều văn bản cùng giao một lần, phiếu giải quyết, tài liệu niêm phong, cài đặt.
desk-assign-many = Giao { $count } văn bản đã đánh dấu cho cùng người
desk-assign-due-each = để trống: mỗi văn bản theo hạn của mình; hoặc ngày/tháng/năm, +5
desk-many-assign = Giao { $count } văn bản
desk-many-due = Đã giao, hạn { $due }
desk-slip = Phiếu giải quyết…
desk-slip-file = Phieu giai quyet van ban den
desk-doing-slip = Đang lập phiếu giải quyết…
desk-key-slip = Phiếu giải quyết văn bản đến, ghi ra tệp
desk-unseal = Mở tài liệu niêm phong…
desk-unseal-means = Văn bản đã bị thu hồi. Người mở, thời điểm và lý do được ghi vào nhật ký và không xóa được.
desk-unseal-go = Mở và lưu thành tệp
desk-unseal-file = Van ban niem phong
desk-doing-unseal = Đang mở tài liệu niêm phong…
desk-key-unseal = Mở tài liệu của văn bản đã thu hồi (lưu trữ, quản trị)
desk-folder-taking = Đang nhận tệp { $number }/{ $all } từ thư mục theo dõi…
desk-notify-overdue-title = Văn bản quá hạn
desk-notify-overdue = { $count } văn bản đã quá hạn giải quyết (F6).
