# Đường truyền tới máy chủ của tỉnh
exchange-unreachable = Không kết nối được với máy chủ trao đổi văn bản.
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi, không mất gì.
    .next = Hãy kiểm tra mạng; hệ thống sẽ tự gửi lại khi có kết nối.
exchange-timed-out = Đường truyền không có tín hiệu trong { $seconds } giây.
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi; phần đã nhận được giữ lại.
    .next = Hệ thống sẽ tự thử lại. Nếu kéo dài, hãy kiểm tra mạng của cơ quan.
exchange-cut = Kết nối bị ngắt giữa chừng.
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi; phần đã nhận được giữ lại.
    .next = Hệ thống sẽ tự tiếp tục; không gửi trùng, không cần thao tác gì.
exchange-not-the-server = Nơi trả lời không phải là máy chủ trao đổi văn bản (có thể là trang đăng nhập mạng).
    .kept = Chưa gửi gì đi; văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hãy đăng nhập mạng nếu mạng yêu cầu, rồi kiểm tra lại địa chỉ máy chủ.
exchange-blocked = Có thiết bị trên đường truyền (tường lửa, phần mềm chống mã độc) chặn gói tin này.
    .kept = Gói tin vẫn còn nguyên và sẽ được tự động thử lại; các gói tin khác vẫn đi bình thường.
    .next = Nếu vẫn bị chặn, hãy đề nghị bộ phận quản trị mạng cho phép địa chỉ máy chủ đi qua.
exchange-untrusted = Chứng thư của máy chủ không được tin cậy.
    .kept = Chưa gửi gì đi; văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Không tiếp tục. Hãy báo quản trị viên kiểm tra chứng thư và ngày giờ của máy tính này.
exchange-server-fault = Máy chủ trao đổi văn bản gặp lỗi (mã { $status }).
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hệ thống sẽ tự thử lại. Nếu kéo dài, hãy báo đơn vị vận hành máy chủ.
exchange-busy = Máy chủ trao đổi văn bản đang quá tải.
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hệ thống sẽ tự thử lại sau ít phút.
exchange-over-quota = Cơ quan đã gửi hết định mức trong ngày của máy chủ{ $hours ->
        [0] .
       *[other] ; { $hours } giờ nữa có định mức mới.
    }
    .kept = Văn bản chờ gửi vẫn nằm trong hàng đợi; văn bản đến vẫn nhận bình thường.
    .next = Hệ thống sẽ tự gửi khi có định mức mới. Nếu cần gửi ngay, hãy đề nghị đơn vị vận hành máy chủ tăng định mức rồi chọn «Đồng bộ».
exchange-clock-skew = Đồng hồ của máy tính này { $direction ->
        [slow] chậm hơn
       *[fast] nhanh hơn
    } máy chủ { $minutes } phút.
    .kept = Chưa gửi, chưa nhận gì; văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hãy chỉnh lại ngày giờ và múi giờ của máy tính, rồi đồng bộ lại.
exchange-damaged = Gói tin nhận về không đúng với mã băm do máy chủ công bố.
    .kept = Phần hỏng đã bỏ; gói tin vẫn còn trên máy chủ.
    .next = Hệ thống sẽ tải lại. Nếu lặp lại, hãy báo đơn vị vận hành máy chủ.
exchange-cancelled = Việc đồng bộ đã được dừng theo yêu cầu.
    .kept = Những gì đã gửi và đã nhận được giữ lại; phần còn lại vẫn nằm trong hàng đợi.
    .next = Chọn «Đồng bộ» khi muốn tiếp tục.
exchange-bad-credentials = Máy chủ không chấp nhận mã bí mật của cơ quan { $agency }.
    .kept = Chưa gửi gì đi; văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hãy đề nghị quản trị viên nhập lại mã bí mật do đơn vị vận hành máy chủ cấp.
exchange-certificate-refused = Máy chủ không chấp nhận chứng thư của cơ quan trên đường truyền.
    .kept = Chưa gửi gì đi; văn bản chờ gửi vẫn nằm trong hàng đợi.
    .next = Hãy đề nghị quản trị viên kiểm tra chứng thư (F12, trang Máy chủ) và báo đơn vị vận hành máy chủ gán chứng thư cho cơ quan.
exchange-bad-certificate = Không dùng được chứng thư này để kết nối máy chủ.
    .kept = Chưa gửi hay thay đổi gì; chứng thư đang dùng và văn bản chờ gửi được giữ nguyên.
    .next = Hãy dùng tệp PEM có chứng thư còn hạn và khóa riêng của chính nó, khóa không đặt mật khẩu.
exchange-bad-address = Địa chỉ máy chủ không dùng được.
    .kept = Địa chỉ cũ được giữ nguyên.
    .next = Hãy nhập lại, ví dụ: https://vanban.example.gov.vn
exchange-not-encrypted = Địa chỉ { $address } không mã hóa đường truyền.
    .kept = Không gửi gì qua địa chỉ này.
    .next = Hãy dùng địa chỉ bắt đầu bằng https:// (Điều 13 Quyết định 28/2018/QĐ-TTg).
exchange-recipient-unknown = Máy chủ không có nơi nhận { $agencies }.
    .kept = Văn bản gửi nơi này được giữ riêng; các nơi nhận khác vẫn gửi bình thường.
    .next = Hãy kiểm tra mã định danh của nơi nhận, sửa rồi gửi lại, hoặc gửi bằng cách khác.
exchange-recipient-closed = Nơi nhận { $agencies } đã chấm dứt hoạt động; { $count ->
        [0] không có cơ quan kế tục.
       *[other] cơ quan kế tục: { $successors }.
    }
    .kept = Văn bản gửi nơi này được giữ riêng; các nơi nhận khác vẫn gửi bình thường.
    .next = Hãy cập nhật nơi nhận: thêm cơ quan kế tục và bỏ nơi nhận này, hoặc gửi bằng cách khác.
exchange-too-large = { $limit ->
        [0] Gói tin { $size } MB vượt quá giới hạn của đường truyền.
       *[other] Gói tin { $size } MB vượt quá giới hạn { $limit } MB của đường truyền.
    }
    .kept = Gói tin được giữ riêng; các văn bản khác vẫn gửi và nhận bình thường.
    .next = Hãy giảm dung lượng tệp đính kèm rồi phát hành lại, hoặc gửi bằng cách khác.
exchange-missing = Máy chủ không có gói tin { $id }.
    .kept = Các văn bản khác vẫn gửi và nhận bình thường.
    .next = Hãy báo đơn vị vận hành máy chủ và nơi gửi.
exchange-refused = Máy chủ từ chối (mã { $code }).
    .kept = Văn bản này được giữ riêng; các văn bản khác vẫn gửi bình thường.
    .next = Hãy xem chi tiết, sửa rồi gửi lại, hoặc báo đơn vị vận hành máy chủ.
